import type { Registry } from '@cooperbench/core/host';

/** Creates a backend and checks that it can run a model's commands now. Resolves with its warnings. @throws why it cannot. */
export async function checkBackend(
  registry: Registry,
  name: string,
  options: unknown,
  signal: AbortSignal,
): Promise<readonly string[]> {
  await using stack = new AsyncDisposableStack();
  const backend = await registry.make('backends', name, options);
  stack.defer(async () => backend[Symbol.asyncDispose]?.());
  return (await backend.preflight?.({ untrusted: true, signal })) ?? [];
}
