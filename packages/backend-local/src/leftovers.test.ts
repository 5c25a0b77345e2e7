import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { thisOwner } from '@cooperbench/core';
import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import { makeInstance } from './instance.ts';
import { removeLeftovers } from './leftovers.ts';
import { LocalBackend } from './local-backend.ts';
import {
  describeIsolation,
  inOwnSession,
  isolation,
  sampleSpec,
  sampleTask,
} from './sample-task.test.support.ts';

const taskDir = sampleTask();
const backend = new LocalBackend({ isolation: 'none' });
afterAll(() => backend[Symbol.asyncDispose]());

function leftover(owner: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'cooperbench-local-'));
  mkdirSync(join(folder, 'sandboxes/seat-1'), { recursive: true });
  writeFileSync(join(folder, 'owner.json'), JSON.stringify(owner));
  return folder;
}

test('a dead owner’s folder is removed, also when its pid is somebody else’s now', async () => {
  const folders = [
    leftover({ ...thisOwner(), startedAt: '1' }),
    leftover({ ...thisOwner(), boot: 'earlier' }),
  ];
  const removed = await backend.clean();
  for (const folder of folders) {
    expect(removed).toContain(`${folder.split('/').at(-1)}/seat-1`);
    expect(existsSync(folder)).toBe(false);
  }
});

test('a removal that breaks off leaves the record of the owner, so that the next one finds the rest', async () => {
  const machine = mkdtempSync(join(tmpdir(), 'cooperbench-test-'));
  vi.stubEnv('TMPDIR', machine);
  onTestFinished(() => void vi.unstubAllEnvs());
  const folder = leftover({ ...thisOwner(), startedAt: '1' });
  const breakOff = async (path: string): Promise<void> => {
    rmSync(path, { recursive: true });
    throw new Error('killed');
  };
  await expect(removeLeftovers({}, breakOff)).rejects.toThrow('killed');
  expect(readdirSync(folder)).toEqual(['owner.json']);
  await removeLeftovers();
  expect(readdirSync(machine)).toEqual([]);
  rmSync(machine, { recursive: true });
});

test('the folders of live owners, other machines and other PID namespaces stay', async () => {
  const folders = [
    leftover(thisOwner()),
    leftover({ ...thisOwner(), host: 'elsewhere', boot: 'other' }),
    leftover({ ...thisOwner(), pidNamespace: 'pid:[1]', startedAt: '1' }),
  ];
  const sandbox = await backend.create(sampleSpec(taskDir));
  await backend.clean();
  for (const folder of folders) {
    expect(existsSync(folder)).toBe(true);
    writeFileSync(join(folder, 'owner.json'), JSON.stringify({ ...thisOwner(), startedAt: '1' }));
  }
  expect(await (await sandbox.exec(['true'])).wait()).toBe(0);
  await backend.clean();
});

test('a process that is killed at any moment leaves a folder that says whose it was', async () => {
  const machine = mkdtempSync(join(tmpdir(), 'cooperbench-test-'));
  const instance = makeInstance(machine);
  for (let seen = 0; seen < 5; ) {
    await setImmediate();
    for (const folder of readdirSync(machine)) {
      expect(readdirSync(join(machine, folder))).toContain('owner.json');
      seen += 1;
    }
  }
  await (await instance).remove();
  expect(readdirSync(machine)).toEqual([]);
});

test('a folder without a record is removed when it is old', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cooperbench-local-'));
  await backend.clean();
  expect(existsSync(folder)).toBe(true);
  utimesSync(folder, new Date(0), new Date(0));
  expect(await backend.clean()).toContain(folder.split('/').at(-1));
  expect(existsSync(folder)).toBe(false);
});

describeIsolation('when the owner is killed', () => {
  test('its processes end and its folder goes, by themselves', async () => {
    const module = fileURLToPath(new URL('../dist/local-backend.js', import.meta.url));
    const program = `
      import { LocalBackend } from ${JSON.stringify(module)};
      const backend = new LocalBackend({ isolation: ${JSON.stringify(isolation)} });
      const sandbox = await backend.create(${JSON.stringify(sampleSpec(taskDir))});
      const running = await sandbox.exec(['sh', '-c', ${JSON.stringify(`${inOwnSession('sleep 4242')}; echo; sleep 4242`)}]);
      await running.stdout.getReader().read();
      await sandbox.exec(['sh', '-c', 'chmod 000 .']);
      setTimeout(() => console.log(sandbox.id), 300);
      setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: fileURLToPath(new URL('.', import.meta.url)),
    });
    onTestFinished(() => void owner.kill('SIGKILL'));
    const id = await new Promise<string>((resolve) => {
      owner.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
    });
    const folder = join(tmpdir(), id.split('/')[0] ?? '');
    expect(existsSync(folder)).toBe(true);
    await expect.poll(() => processesOf(id)).not.toEqual([]);
    owner.kill('SIGKILL');
    await expect.poll(() => existsSync(folder)).toBe(false);
    expect(processesOf(id)).toEqual([]);
  });
});

/** Returns the processes whose command or environment says that they are the sandbox's. */
function processesOf(id: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'latin1').includes(id);
    } catch {
      return false;
    }
  });
}
