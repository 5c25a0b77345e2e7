import { AsyncLocalStorage } from 'node:async_hooks';

/** Time limit of an import. Without it, an import that never settles would end the command without a message. */
const timeoutMs = 20_000;

/** An import that did not end in time. */
export class ImportTimeout extends Error {
  constructor() {
    super(`its import did not end within ${timeoutMs / 1000} seconds.`);
  }
}

const importing = new AsyncLocalStorage<true>();
let imports = 0;
let restore = (): void => {};

/**
 * Imports code of others. While it is imported, it cannot end the process, and what it prints goes to standard error, because
 * standard output may be JSON. @throws ImportTimeout; Error when it calls `process.exit`.
 */
export async function importOthers<T>(work: () => Promise<T>): Promise<T> {
  const { withTimeout } = await import('@cooperbench/core/deadline');
  if (imports++ === 0) restore = guardProcess();
  try {
    return await withTimeout(
      timeoutMs,
      () => importing.run(true, work),
      () => new ImportTimeout(),
    );
  } finally {
    if (--imports === 0) restore();
  }
}

/** Changes what `process` does for code that is being imported. Returns the way back. */
function guardProcess(): () => void {
  const { exit, stdout, stderr } = process;
  const { write } = stdout;
  process.exit = (code) => {
    if (importing.getStore()) throw new Error('its import calls process.exit.');
    return exit.call(process, code);
  };
  stdout.write = ((...args: Parameters<typeof write>) =>
    importing.getStore() ? stderr.write(...args) : write.apply(stdout, args)) as typeof write;
  return () => {
    process.exit = exit;
    stdout.write = write;
  };
}

/** Finds the name of the package that an import did not find. Node names it only in the message. */
export function findMissingPackage(error: unknown): string | undefined {
  const { code, message } = error as Partial<NodeJS.ErrnoException>;
  if (code !== 'ERR_MODULE_NOT_FOUND') return undefined;
  return /^Cannot find package '((?:@[^/']+\/)?[^/']+)/.exec(message ?? '')?.[1];
}
