/** Time limit of an import. Without it, an import that never settles would end the command without a message. */
const timeoutMs = 20_000;

/** Runs work that imports something. @throws Error when it takes too long. */
export async function withImportTimeout<T>(work: () => Promise<T>): Promise<T> {
  const { withTimeout } = await import('@cooperbench/core/deadline');
  return withTimeout(
    timeoutMs,
    work,
    () => new Error(`its import did not end within ${timeoutMs / 1000} seconds.`),
  );
}

/** The name of the package that an import did not find. Node names it only in the message. */
export function missingPackage(error: unknown): string | undefined {
  const { code, message } = error as Partial<NodeJS.ErrnoException>;
  if (code !== 'ERR_MODULE_NOT_FOUND') return undefined;
  return /^Cannot find package '((?:@[^/']+\/)?[^/']+)/.exec(message ?? '')?.[1];
}
