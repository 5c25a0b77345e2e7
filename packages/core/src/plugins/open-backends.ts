const open = new Set<Partial<AsyncDisposable>>();

/** Remembers a backend until it is disposed, for `endSandboxes`. */
export function rememberBackend(backend: Partial<AsyncDisposable>): void {
  open.add(backend);
}

/** Forgets a backend that has been disposed. */
export function forgetBackend(backend: Partial<AsyncDisposable>): void {
  open.delete(backend);
}

/**
 * Disposes every backend of this process at once, whatever still uses its sandboxes: the process is about to end, and
 * sandboxes cost money. Never rejects. Resolves after `limitMs` at the latest.
 */
export async function endSandboxes(limitMs: number): Promise<void> {
  const disposals = [...open].map(async (backend) => backend[Symbol.asyncDispose]?.());
  const timeLimit = new Promise((resolve) => setTimeout(resolve, limitMs).unref());
  await Promise.race([Promise.allSettled(disposals), timeLimit]);
}
