import { expect, test } from 'vitest';
import { chooseMachineType } from './machine-type.ts';

test.for([
  [{}, undefined, 'e2-standard-2'],
  [{ cpus: 1, memoryMiB: 4096 }, undefined, 'e2-standard-2'],
  [{ cpus: 5 }, undefined, 'e2-custom-6-8192'],
  [{ memoryMiB: 10_000 }, undefined, 'e2-custom-2-10240'],
  [{ memoryMiB: 20_000 }, undefined, 'e2-custom-4-20224'],
  [{ cpus: 32 }, undefined, 'e2-custom-32-16384'],
  [{}, 'e2-micro', 'e2-micro'],
  [{ cpus: 4, memoryMiB: 15_000 }, 'n2-standard-4', 'n2-standard-4'],
  [{ cpus: 6, memoryMiB: 4000 }, 'n2-custom-6-4096', 'n2-custom-6-4096'],
] as const)('%j with the option %s is %s', ([needs, chosen, type]) => {
  expect(chooseMachineType(needs, chosen)).toBe(type);
});

test.for([
  [{ cpus: 33 }, undefined, 'The sandbox needs 33 processors, but there are at most 32.'],
  [
    { memoryMiB: 20_000 },
    'n2-standard-4',
    'The sandbox needs 20000 MiB of memory, but the option gcp.machineType=n2-standard-4 gives 15360.',
  ],
  [
    { cpus: 1 },
    'e2-micro',
    'The sandbox needs 1 processor, but the option gcp.machineType=e2-micro gives 0.',
  ],
] as const)('%j with the option %s is refused', ([needs, chosen, message]) => {
  expect(() => chooseMachineType(needs, chosen)).toThrow(
    expect.objectContaining({ code: 'SANDBOX_RESOURCES', message }),
  );
});
