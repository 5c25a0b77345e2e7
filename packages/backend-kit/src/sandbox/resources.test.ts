import { expect, test } from 'vitest';
import { resourcesOfThisMachine, sandboxResources } from './resources.ts';

const rules = {
  cpus: { option: undefined, optionName: 'acme.cpus', default: 2, most: 8 },
  memoryMiB: { option: 2048, optionName: 'acme.memoryMiB', default: 4096 },
};

test('a sandbox has the option or the default, and never less than it needs', () => {
  expect(sandboxResources({}, rules)).toEqual({ cpus: 2, memoryMiB: 2048 });
  expect(sandboxResources({ cpus: 0.5, memoryMiB: 1024 }, rules)).toEqual({ cpus: 2, memoryMiB: 2048 });
  expect(sandboxResources({ cpus: 6 }, rules)).toEqual({ cpus: 6, memoryMiB: 2048 });
});

test.for([
  [{ memoryMiB: 4096 }, 'The sandbox needs 4096 MiB of memory, but the option acme.memoryMiB gives 2048.'],
  [{ cpus: 16 }, 'The sandbox needs 16 processors, but there are at most 8.'],
] as const)('%j is refused by name', ([needs, message]) => {
  expect(() => sandboxResources(needs, rules)).toThrow(
    expect.objectContaining({ name: 'ConfigError', code: 'SANDBOX_RESOURCES', message }),
  );
});

test('this machine has what it has', () => {
  const machine = resourcesOfThisMachine();
  expect(sandboxResources({ cpus: 1, memoryMiB: 64 }, machine)).toEqual({
    ...{ cpus: machine.cpus.most, memoryMiB: machine.memoryMiB.most },
  });
  expect(() => sandboxResources({ cpus: 1e6 }, machine)).toThrow('there are at most');
});
