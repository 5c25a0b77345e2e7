/** The package that a file imports and that is not installed; Node says which only in its message. */
export function missingPackage(error: unknown): string | undefined {
  const { code, message } = error as Partial<NodeJS.ErrnoException>;
  if (code !== 'ERR_MODULE_NOT_FOUND') return undefined;
  return /^Cannot find package '((?:@[^/']+\/)?[^/']+)/.exec(message ?? '')?.[1];
}
