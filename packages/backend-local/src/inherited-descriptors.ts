import type { IOType } from 'node:child_process';
import { openSync, readdirSync, readFileSync } from 'node:fs';

let descriptors: readonly number[] | undefined;
let nullDescriptor: number | undefined;

/**
 * Lists the file descriptors that this process inherited and would pass on, such as that of `exec 200> lock` in a shell. In
 * children, Node closes its own descriptors, and inherited ones up to the first gap above 15. Nothing in Node opens other
 * descriptors of this kind later, so they are listed only once.
 */
export function listInheritedDescriptors(): readonly number[] {
  descriptors ??=
    process.platform === 'linux' ? readdirSync('/proc/self/fd').map(Number).filter(isInherited) : [];
  return descriptors;
}

/** Extends the `stdio` of a child with /dev/null in place of each inherited file descriptor. */
export function replaceInherited(stdio: readonly (IOType | number)[]): (IOType | number)[] {
  const descriptors = [...stdio];
  for (const fd of listInheritedDescriptors()) {
    // Above standard error, `ignore` changes nothing.
    while (descriptors.length < fd) descriptors.push('ignore');
    nullDescriptor ??= openSync('/dev/null', 'r');
    descriptors[fd] = nullDescriptor;
  }
  return descriptors;
}

function isInherited(fd: number): boolean {
  // Every child gets the first five.
  if (fd <= 4) return false;
  try {
    const [, flags = ''] = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1')) ?? [];
    const closesOnExec = 0o2000000;
    return (Number.parseInt(flags, 8) & closesOnExec) === 0;
  } catch {
    // This was the descriptor of the listing itself.
    return false;
  }
}
