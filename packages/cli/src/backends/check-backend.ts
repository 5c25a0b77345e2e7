import type { Registry } from '@cooperbench/core/host';
import { closing } from '../base/closing.ts';

/** Creates a backend and checks that it can run a model's commands now. Resolves with its warnings. @throws why it cannot. */
export async function checkBackend(
  registry: Registry,
  name: string,
  options: unknown,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const backend = await registry.make('backends', name, options);
  await using _backend = closing(backend);
  return (await backend.preflight?.({ untrusted: true, signal })) ?? [];
}
