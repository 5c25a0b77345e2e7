import { join } from 'node:path';
import { ConfigError } from '@cooperbench/core/errors';

/** Locks a directory for this process until disposed. @throws the error that `refusal` creates when another process has it. */
export async function lockDirectory(
  directory: string,
  refusal: (message: string, options: { hint: string }) => ConfigError,
): Promise<AsyncDisposable> {
  const { lockRun } = await import('@cooperbench/core/host');
  return lockRun(directory).catch((error: unknown) => {
    if (!ConfigError.is(error)) throw error;
    const hint = `Wait for it to end. If it is dead, remove ${join(directory, '.lock')}.`;
    throw refusal(error.message, { hint });
  });
}
