import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { refusals } from './refused-system-calls.ts';
import { findSystemCallFilter } from './system-call-filter.ts';

const { EPERM, ENOSYS, EAFNOSUPPORT } = constants.errno;
const audits: Readonly<Record<string, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 };

/** Runs a filter as the kernel does. Returns the error of a call, or `allowed`. */
function answerTo(architecture: string, number: number, argument = 0, audit = audits[architecture] ?? 0) {
  const filter = findSystemCallFilter(architecture);
  if (filter === undefined) throw new Error('no filter');
  const data = new Map([
    [0, number],
    [4, audit],
    [16, argument],
  ]);
  let register = 0;
  for (let offset = 0; offset < filter.length / 8; offset += 1) {
    const code = filter.readUInt16LE(offset * 8);
    const value = filter.readUInt32LE(offset * 8 + 4);
    const jump = (holds: boolean): number => filter.readUInt8(offset * 8 + (holds ? 2 : 3));
    if (code === 0x20) register = data.get(value) ?? Number.NaN;
    else if (code === 0x15) offset += jump(register === value);
    else if (code === 0x35) offset += jump(register >= value);
    else if (code === 0x45) offset += jump((register & value) !== 0);
    else if (code === 0x06) return value === 0x7fff0000 ? 'allowed' : value - 0x50000;
    else throw new Error(`unknown instruction ${code}`);
  }
  throw new Error('the filter has no end');
}

test.for([
  { architecture: 'x64', read: 0, clone: 56, unshare: 272, socket: 41 },
  { architecture: 'arm64', read: 63, clone: 220, unshare: 97, socket: 198 },
] as const)('on $architecture, what the table names is refused and the rest is not', (machine) => {
  const { architecture, read, clone, unshare, socket } = machine;
  const answer = (number: number, argument?: number) => answerTo(architecture, number, argument);
  for (const { error, calls } of refusals)
    for (const numbers of Object.values(calls))
      expect(answer(numbers[architecture === 'x64' ? 0 : 1])).toBe(constants.errno[error]);
  expect(answer(read)).toBe('allowed');
  const [newUser, thread, newTime] = [0x10000000, 0x3d0f00, 0x80];
  expect([newUser, thread | newUser, thread, 17].map((flags) => answer(clone, flags))).toEqual([
    EPERM,
    EPERM,
    'allowed',
    'allowed',
  ]);
  expect([newUser, newTime, 0x400].map((flags) => answer(unshare, flags))).toEqual([EPERM, EPERM, 'allowed']);
  const families = Array.from({ length: 46 }, (_, family) => family);
  expect(families.filter((family) => answer(socket, family) === 'allowed')).toEqual([0, 1, 2, 10, 16]);
  expect(answer(socket, 40)).toBe(EAFNOSUPPORT);
});

test('programs for other processors and other tables of calls are refused', () => {
  expect(answerTo('x64', 0, 0, 0x40000003)).toBe(ENOSYS);
  expect(answerTo('x64', 0x40000000)).toBe(ENOSYS);
  expect(findSystemCallFilter('riscv64')).toBeUndefined();
});
