import { expect, test } from 'vitest';
import { buildContainerOptions, buildContainerSettings } from './container-settings.ts';

const machine = { cpus: 4, memoryMiB: 16_384 };

test('a container has what the options say, or the defaults, and what its sandbox needs', () => {
  expect(buildContainerSettings({}, machine, {})).toMatchObject({ cpus: 2, memoryMiB: 8192 });
  expect(buildContainerSettings({}, { cpus: 1, memoryMiB: 512 }, {})).toMatchObject({
    cpus: 1,
    memoryMiB: 8192,
  });
  expect(buildContainerSettings({ cpus: 1.5, memoryMiB: 512 }, machine, {})).toMatchObject({
    ...{ cpus: 1.5, memoryMiB: 512 },
  });
  const settings = buildContainerSettings({}, machine, { cpus: 4, memoryMiB: 12_288 });
  const { HostConfig } = buildContainerOptions({ id: 'i', user: '' }, {}, settings, 'none');
  expect(HostConfig).toMatchObject({ NanoCpus: 4e9, Memory: 12 * 2 ** 30, MemorySwap: 12 * 2 ** 30 });
});

test('what the daemon or an option does not allow is refused by name', () => {
  expect(() => buildContainerSettings({}, machine, { cpus: 8 })).toThrow(
    '8 processors, but there are at most 4.',
  );
  expect(() => buildContainerSettings({ memoryMiB: 512 }, machine, { memoryMiB: 1024 })).toThrow(
    'The sandbox needs 1024 MiB of memory, but the option docker.memoryMiB gives 512.',
  );
});
