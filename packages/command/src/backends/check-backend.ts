import type { Registry } from '@cooperbench/core/host';
import { createClosingBackend } from '../base/closing.ts';

/** Creates a backend and checks that it can run sandboxes now, by default for a model's commands. Resolves with its warnings. @throws why it cannot. */
export async function checkBackend(
  registry: Registry,
  name: string,
  options: unknown,
  signal: AbortSignal,
  untrusted: boolean = true,
): Promise<readonly string[]> {
  const backend = await registry.make('backends', name, options);
  await using _backend = createClosingBackend(backend);
  return (await backend.preflight?.({ untrusted, signal })) ?? [];
}
