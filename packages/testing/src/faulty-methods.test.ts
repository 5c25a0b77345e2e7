import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Backend, runCommand, type Sandbox } from '@cooperbench/core';
import { afterAll, expect, test, vi } from 'vitest';
import { brokenBackend, faultyBackend, type MethodFault } from './faulty-methods.ts';
import { hostBackend } from './host-backend.ts';
import { shellTask } from './shell-task.ts';

const dataset = shellTask();
afterAll(() => rmSync(dataset, { recursive: true }));

const create = (backend: Backend): Promise<Sandbox> =>
  backend.create({
    ...{ name: 'x', labels: {}, image: 'i', taskDir: join(dataset, 'shell_task/task1') },
    ...{ untrusted: false, lifetimeMs: 60_000 },
  });
const sh = (sandbox: Sandbox, script: string) => runCommand(sandbox, ['sh', '-c', script]);
const settles = (work: Promise<unknown>): Promise<unknown> =>
  Promise.race([
    work.then(
      (value) => value,
      (error: Error) => error.message,
    ),
    new Promise((resolve) => setTimeout(resolve, 50, 'nothing')),
  ]);

test.for<[MethodFault, unknown]>([
  ['hangs', 'nothing'],
  ['throws', 'boom'],
  ['returns nothing', undefined],
])('a method of a backend, of a sandbox and of a process that %s', async ([fault, found]) => {
  const onCall = vi.fn();
  const faulty = (...methods: string[]): Backend => faultyBackend(hostBackend(), { methods, fault, onCall });
  expect(await settles((async () => create(faulty('create')))())).toBe(found);
  await using sandbox = await create(faulty('sandbox.readFile', 'process.wait', 'process.stdout'));
  expect(await settles((async () => sandbox.readFile('/x'))())).toBe(found);
  const process = await sandbox.exec(['sh', '-c', 'echo hello']);
  expect(await settles((async () => process.wait())())).toBe(found);
  if (fault === 'returns nothing') expect(process.stdout).toBeUndefined();
  else expect(await settles(process.stdout.getReader().read())).toBe(found);
  expect(onCall).toHaveBeenCalledTimes(4);
});

test('a sandbox that is disposed of with a fault is gone', async () => {
  const host = hostBackend();
  const sandbox = await create(faultyBackend(host, { methods: ['sandbox.dispose'], fault: 'throws' }));
  await expect(sandbox[Symbol.asyncDispose]()).rejects.toThrow('boom');
  expect(host.open).toBe(0);
});

test('a disk that fills refuses what would grow a file, and nothing else', async () => {
  let isFull = false;
  await using sandbox = await create(brokenBackend(hostBackend(), 'full disk', () => isFull));
  expect(await sh(sandbox, 'echo before > f')).toMatchObject({ exitCode: 0 });
  isFull = true;
  const script = 'cat f; echo more > g; echo $?; cat g | wc -c';
  expect(String((await sh(sandbox, script)).stdout)).toMatch(/^before\n[1-9]\d*\n\s*0\n$/);
});

test('a killed command exits as after the signal', async () => {
  await using sandbox = await create(brokenBackend(hostBackend(), 'killed'));
  expect(await sh(sandbox, 'echo hello')).toMatchObject({ exitCode: 137 });
});
