import { readFileSync } from 'node:fs';
import { getSystemErrorMap } from 'node:util';

/** What an error of the operating system means, and what the user can do. */
export interface SystemErrorText {
  readonly text: string;
  readonly hint: string;
}

const replaceIt = 'Remove it, or put a file in its place.';
const checkPath = 'Check the path.';
const freeSpace = 'Free some space, or name a directory on another disk.';

/** By code: what is wrong with the path, and what to do. */
const meanings: Readonly<Record<string, readonly [meaning: string, hint: string]>> = {
  EACCES: ['may not be used by this user', 'Check its owner and its permissions.'],
  EPERM: ['may not be changed by this user', 'Check its owner and its permissions.'],
  EROFS: ['is on a file system that is read-only', 'Name a directory that is writable.'],
  EISDIR: ['is a directory, where a file is expected', replaceIt],
  ENXIO: ['is a pipe or a device, where a file is expected', replaceIt],
  EAGAIN: ['is a pipe or a device, where a file is expected', replaceIt],
  ENOTDIR: ['is not a directory, or not below one', checkPath],
  ENOENT: ['does not exist', checkPath],
  EEXIST: ['exists already', 'Remove it, or name another path.'],
  ENOTEMPTY: ['is a directory that is not empty', 'Remove it, or name another path.'],
  ELOOP: ['leads into a loop of symbolic links', 'Remove the links.'],
  ENAMETOOLONG: ['is longer than the file system allows', 'Choose a shorter name.'],
  EFBIG: ['is larger than allowed', 'Remove it, or put a smaller file in its place.'],
  ENOSPC: ['cannot be written, because the disk is full', freeSpace],
  EDQUOT: ["cannot be written, because this user's quota of the disk is used up", freeSpace],
  EIO: ['cannot be used, because the disk reports a fault', 'Check the disk.'],
};

/** Resources of this process or machine that every part of it shares, so no path is the cause. */
const commonTexts: Readonly<Record<string, () => SystemErrorText>> = {
  EMFILE: () => ({
    text: `This process has as many files open as its limit allows${openFiles === undefined ? '' : `, which is ${openFiles}`} (EMFILE).`,
    hint: 'Raise the limit, for example with ulimit -n 4096, or lower --concurrency.',
  }),
  ENFILE: () => ({
    text: 'This machine has as many files open as its limit allows (ENFILE).',
    hint: 'End other programs, or raise the limit fs.file-max.',
  }),
  ENOMEM: () => ({
    text: 'This machine has no memory left (ENOMEM).',
    hint: 'End other programs, or lower --concurrency.',
  }),
};

/** Explains an error of the operating system. Returns undefined if it is another error. */
export function explainSystemError(error: unknown): SystemErrorText | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = '', errno, path, syscall } = error as NodeJS.ErrnoException;
  const general = explainSharedLimit(error);
  if (general) return general;
  if (syscall === undefined) return undefined;
  const [meaning, hint] = meanings[code] ?? [];
  if (meaning === undefined || hint === undefined || path === undefined) {
    const words = getSystemErrorMap().get(errno ?? 0)?.[1] ?? error.message;
    const place = path === undefined ? '' : ` of ${path}`;
    return {
      text: `The operating system refused ${syscall}${place}: ${words} (${code}).`,
      hint: hint ?? checkMachine,
    };
  }
  return { text: `${path} ${meaning} (${code}).`, hint };
}

const checkMachine = 'Check the state of this machine. Set DEBUG=1 to see where it happens.';

/** Explains an error whose cause is a limit of this process or machine, whatever the path. Returns undefined if it is another error. */
export function explainSharedLimit(error: unknown): SystemErrorText | undefined {
  const { code = '', syscall = '' } = (error ?? {}) as NodeJS.ErrnoException;
  // libuv moves what a child inherits to free numbers, and there is none below the limit.
  if (code === 'EINVAL' && syscall.startsWith('spawn')) return inheritedTooHigh;
  return Object.hasOwn(commonTexts, code) ? commonTexts[code]?.() : undefined;
}

const inheritedTooHigh: SystemErrorText = {
  get text() {
    return `This process inherited an open file with a number above its limit of open files${openFiles === undefined ? '' : `, which is ${openFiles}`} (EINVAL).`;
  },
  hint: 'Raise the limit, for example with ulimit -n 4096, or close that file.',
};

/** The limit of open files. Read early: once the limit is reached, nothing can be read. */
const openFiles = limitOfOpenFiles();

function limitOfOpenFiles(): string | undefined {
  try {
    return /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}
