import { constants } from 'node:os';
import { refusals } from './refused-system-calls.ts';

interface Machine {
  /** `AUDIT_ARCH_*` of `linux/audit.h`. */
  readonly audit: number;
  /** Which number this machine's architecture gives a call. */
  readonly column: 0 | 1;
  readonly clone: number;
  readonly unshare: number;
  readonly socket: number;
  readonly socketpair: number;
}

const machines: Readonly<Record<string, Machine>> = {
  x64: { audit: 0xc000003e, column: 0, clone: 56, unshare: 272, socket: 41, socketpair: 53 },
  arm64: { audit: 0xc00000b7, column: 1, clone: 220, unshare: 97, socket: 198, socketpair: 199 },
};

/** The kinds of sockets that programs need. Others reach the host's hypervisor (vsock) or rarely used code of the kernel. */
const socketFamilies = { unspecified: 0, unix: 1, inet: 2, inet6: 10, netlink: 16 };

/** Flags of clone and unshare that make namespaces: mount, cgroup, uts, ipc, user, pid, net. */
const newNamespaces = 0x7e020000;
/** Of unshare alone. For clone, the bit belongs to the signal of the child's end. */
const newTimeNamespace = 0x80;

/** Numbers from here on are calls of the x32 ABI, which have numbers of their own. */
const firstOfX32 = 0x40000000;

// Instructions of classic BPF, from `linux/bpf_common.h`; actions and offsets from `linux/seccomp.h`.
const load = 0x20;
const jumpIfEqual = 0x15;
const jumpIfAtLeast = 0x35;
const jumpIfAnySet = 0x45;
const filterCode = 0x06;
const offsets = { number: 0, audit: 4, firstArgument: 16 };
const allow = 0x7fff0000;
const failWith = (error: number): number => 0x00050000 | error;
const { EPERM, ENOSYS, EAFNOSUPPORT } = constants.errno;

type Instruction = readonly [code: number, value: number, ifTrue?: number, ifFalse?: number];

/**
 * Finds the seccomp filter of every sandbox, as bubblewrap reads it. It refuses the calls of `refusals`, new namespaces (in
 * its own user namespace, a process has every capability), unusual sockets, and programs for other processors, such as 32-bit
 * ones. Returns undefined if the numbers of this processor's system calls are not known here.
 */
export function findSystemCallFilter(architecture: string = process.arch): Buffer | undefined {
  const machine = machines[architecture];
  if (machine === undefined) return undefined;
  const { audit, column, clone, unshare, socket, socketpair } = machine;
  const families = Object.values(socketFamilies);
  const ofFamily = families.map(
    (family, index): Instruction => [jumpIfEqual, family, families.length - index],
  );
  const onlyFamilies: Instruction[] = [
    [load, offsets.firstArgument],
    ...ofFamily,
    [filterCode, failWith(EAFNOSUPPORT)],
    [filterCode, allow],
  ];
  const refuseFlags = (flags: number): Instruction[] => [
    [load, offsets.firstArgument],
    [jumpIfAnySet, flags, 0, 1],
    [filterCode, failWith(EPERM)],
    [filterCode, allow],
  ];
  const program: Instruction[] = [
    [load, offsets.audit],
    [jumpIfEqual, audit, 1, 0],
    [filterCode, failWith(ENOSYS)],
    [load, offsets.number],
    [jumpIfAtLeast, firstOfX32, 0, 1],
    [filterCode, failWith(ENOSYS)],
    ...refusals.flatMap(({ error, calls }) =>
      Object.values(calls).flatMap((numbers) =>
        matchCall(numbers[column], [[filterCode, failWith(constants.errno[error])]]),
      ),
    ),
    ...matchCall(clone, refuseFlags(newNamespaces)),
    ...matchCall(unshare, refuseFlags(newNamespaces | newTimeNamespace)),
    ...matchCall(socket, onlyFamilies),
    ...matchCall(socketpair, onlyFamilies),
    [filterCode, allow],
  ];
  return Buffer.concat(program.map(encode));
}

function matchCall(number: number, thenDo: readonly Instruction[]): readonly Instruction[] {
  return [[jumpIfEqual, number, 0, thenDo.length], ...thenDo];
}

/** Both processors are little-endian. */
function encode([code, value, ifTrue = 0, ifFalse = 0]: Instruction): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(ifTrue, 2);
  bytes.writeUInt8(ifFalse, 3);
  bytes.writeUInt32LE(value, 4);
  return bytes;
}
