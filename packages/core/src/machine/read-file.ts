import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, type Stats } from 'node:fs';

/** No file of a run or of a user may be larger, because a reader needs several times as much memory. */
export const maxFileBytes: number = 256 * 1024 * 1024;

/** The limits of a read. */
export interface ReadFileOptions {
  /** Default: `maxFileBytes`. */
  readonly maxBytes?: number;
  /** It is false if refuses a symbolic link. A folder from somebody else could have one to any file of this machine. Default: true. */
  readonly followLinks?: boolean;
}

/**
 * Reads a file whole. Never waits for a pipe, and never reads more than `maxBytes`. Reads synchronously, because a run has
 * thousands of small files: through Node's thread pool, they take twice as long and five times the processor time.
 * @throws errors of the file system; for a file that cannot be used, an error of which `isFileSpecificError` is true.
 */
export function readWholeFile(path: string, options: ReadFileOptions = {}): Buffer {
  const { file } = openFile(path, options);
  try {
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** Reads a file in pieces of at most 1 MiB. @throws as `readWholeFile` does. */
export function* readPieces(path: string, options: ReadFileOptions = {}): Generator<Uint8Array> {
  const { file, size } = openFile(path, options);
  try {
    for (;;) {
      const piece = Buffer.allocUnsafe(Math.min(size + 1, 1024 * 1024));
      const bytes = readSync(file, piece);
      if (bytes === 0) return;
      yield piece.subarray(0, bytes);
    }
  } finally {
    closeSync(file);
  }
}

function openFile(
  path: string,
  { maxBytes = maxFileBytes, followLinks = true }: ReadFileOptions,
): { file: number; size: number } {
  // Node.js has no constants for these flags on Windows.
  const links = followLinks ? 0 : (constants.O_NOFOLLOW ?? 0);
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | links);
  try {
    const stats = fstatSync(file);
    refuseKind(path, stats);
    const limit = `at most ${formatSize(maxBytes)} are read`;
    if (stats.size > maxBytes) throw toError(path, 'EFBIG', `it has ${formatSize(stats.size)}, and ${limit}`);
    return { file, size: stats.size };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** Returns whether an error concerns only one file: its kind or its size, or this process may not read it. */
export function isFileSpecificError(error: unknown): boolean {
  return ['EISDIR', 'EACCES', 'EPERM', 'ELOOP', 'EAGAIN', 'EFBIG', 'ENXIO', 'ENAMETOOLONG'].includes(
    (error as NodeJS.ErrnoException).code ?? '',
  );
}

/** Formats a size in the largest unit that fits, such as `700 MiB`. */
export function formatSize(bytes: number): string {
  const [unit, name] =
    bytes >= 1 << 20 ? [1 << 20, 'MiB'] : bytes >= 1 << 10 ? [1 << 10, 'KiB'] : [1, 'bytes'];
  return `${Math.round(bytes / unit)} ${name}`;
}

/** A character device is allowed, because `/dev/null` stands for an empty file. */
function refuseKind(path: string, stats: Stats): void {
  if (stats.isDirectory()) throw toError(path, 'EISDIR', 'it is a directory');
  if (stats.isFIFO()) throw toError(path, 'ENXIO', 'it is a pipe');
  if (!stats.isFile() && !isNull(stats)) throw toError(path, 'ENXIO', 'it is not a file');
}

/** /dev/null has the number 1:3 on Linux. */
function isNull(stats: Stats): boolean {
  return stats.isCharacterDevice() && (process.platform !== 'linux' || stats.rdev === 0x103);
}

function toError(path: string, code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code, path, syscall: 'read' });
}
