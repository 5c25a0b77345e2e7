import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, vi } from 'vitest';
import { LocalBackend } from './local-backend.ts';
import { bubblewrapTest, sampleSpec, sampleTask, sh, temporaryFolder } from './sample-task.test.support.ts';

afterEach(() => void vi.unstubAllEnvs());

bubblewrapTest('a dataset within what is shown stays hidden, with its other tasks', async () => {
  const prefix = temporaryFolder();
  // Sandboxes of root have a user of their own, who reads what everybody may read.
  chmodSync(prefix, 0o755);
  for (const folder of ['bin', 'share/doc', 'lib/node_modules/some-dataset'])
    mkdirSync(join(prefix, folder), { recursive: true });
  writeFileSync(join(prefix, 'bin/some-tool'), '#!/bin/sh\necho ran\n');
  chmodSync(join(prefix, 'bin/some-tool'), 0o755);
  writeFileSync(join(prefix, 'lib/node_modules/some-dataset/feature.patch'), 'golden');
  writeFileSync(join(prefix, 'share/doc/notes'), 'notes');
  vi.stubEnv('PATH', `${prefix}/bin:${process.env.PATH}`);
  const datasets = ['share/dataset', 'lib/node_modules/own/dataset'].map((folder) => join(prefix, folder));
  await using backend = new LocalBackend({ isolation: 'bubblewrap', tools: ['some-tool'] });
  for (const dataset of datasets) {
    const other = join(dataset, 'other_task/task2');
    mkdirSync(other, { recursive: true });
    writeFileSync(join(other, 'combined.patch'), 'golden');
    await using sandbox = await backend.create(sampleSpec(sampleTask(undefined, dataset)));
    expect(await sh(sandbox, `some-tool; cat ${prefix}/share/doc/notes`)).toBe('ran\nnotes');
    // Only that task's dataset is known; others hide behind being packages.
    const match = await sh(
      sandbox,
      `find ${prefix} -name '*.patch' -path '*${dataset}*'; ls ${prefix}/lib/node_modules`,
    );
    expect(match).toBe('');
  }
});

bubblewrapTest(
  'every user of the sandbox finds tools below a folder that it has as its own, such as /tmp',
  async () => {
    const prefix = mkdtempSync('/tmp/cooperbench-tools-');
    onTestFinished(() => rmSync(prefix, { recursive: true }));
    chmodSync(prefix, 0o755);
    mkdirSync(join(prefix, 'deep/bin'), { recursive: true });
    writeFileSync(join(prefix, 'deep/bin/some-tool'), '#!/bin/sh\necho ran\n', { mode: 0o755 });
    vi.stubEnv('PATH', `${prefix}/deep/bin:${process.env.PATH}`);
    await using backend = new LocalBackend({ isolation: 'bubblewrap', tools: ['some-tool'] });
    await using sandbox = await backend.create(sampleSpec(sampleTask()));
    expect(await sh(sandbox, 'some-tool')).toBe('ran\n');
    expect(await (await sandbox.exec(['no-such-tool'])).wait()).toBe(127);
  },
);

bubblewrapTest('the user of a sandbox has shared memory, and not all of the machine’s', async () => {
  await using backend = new LocalBackend({ isolation: 'bubblewrap' });
  await using sandbox = await backend.create(sampleSpec(sampleTask()));
  expect(await sh(sandbox, 'echo kept > /dev/shm/file && cat /dev/shm/file && stat -c %a /dev/shm')).toBe(
    'kept\n1777\n',
  );
  const fill = 'head -c 100000000 /dev/zero > /dev/shm/fill; wc -c < /dev/shm/fill';
  expect(await sh(sandbox, fill)).toMatch(/^6\d{7}\n.*No space left on device\n$/);
});

bubblewrapTest('a failure of bubblewrap itself is the sandbox’s, not the command’s', async () => {
  await using backend = new LocalBackend({ isolation: 'bubblewrap' });
  await using sandbox = await backend.create(sampleSpec(sampleTask()));
  expect(await (await sandbox.exec(['sh', '-c', 'exit 1'])).wait()).toBe(1);
  const process = await sandbox.exec(['true'], { env: { 'NOT=A NAME': 'x' } });
  await expect(process.wait()).rejects.toThrow('bubblewrap failed before the command began');
});

bubblewrapTest('Python of this machine runs, wherever it is installed', async () => {
  const taskDir = sampleTask();
  await using backend = new LocalBackend();
  await using sandbox = await backend.create(sampleSpec(taskDir));
  expect(await sh(sandbox, 'python3 -c "import json, ssl; print(2)"')).toBe('2\n');
});
