import { afterAll, expect, test } from 'vitest';
import { LocalBackend } from './local-backend.ts';
import {
  describeIsolation,
  inOwnSession,
  isolation,
  sampleSpec,
  sampleTask,
  sh,
} from './sample-task.test.support.ts';

const taskDir = sampleTask();

describeIsolation('processes', () => {
  const backend = new LocalBackend({ isolation });
  afterAll(() => backend[Symbol.asyncDispose]());

  test('256 MB of output pass in bounded memory', async () => {
    await using sandbox = await backend.create(sampleSpec(taskDir));
    const process_ = await sandbox.exec(['head', '-c', String(256 << 20), '/dev/zero']);
    const before = process.memoryUsage().arrayBuffers;
    let received = 0;
    let most = 0;
    for await (const chunk of process_.stdout) {
      received += chunk.byteLength;
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      if (received % (16 << 20) < chunk.byteLength) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(received).toBe(256 << 20);
    expect(most).toBeLessThan(128 << 20);
  });

  test('a program whose output nobody reads waits', async () => {
    await using sandbox = await backend.create(sampleSpec(taskDir));
    const process_ = await sandbox.exec(['sh', '-c', 'head -c 8000000 /dev/zero; touch done']);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await sh(sandbox, 'ls done 2>/dev/null')).toBe('');
    await process_.kill();
  });

  test('what a command leaves in the background ends with it and does not hold its output open', async () => {
    await using sandbox = await backend.create(sampleSpec(taskDir));
    expect(await sh(sandbox, `sleep 3600 & ${inOwnSession('sleep 3600')}; echo done`)).toBe('done\n');
  });

  test('an argument that cannot be passed is a SandboxError', async () => {
    await using sandbox = await backend.create(sampleSpec(taskDir));
    await expect(sandbox.exec(['echo', 'x'.repeat(3_000_000)])).rejects.toThrow(
      'The local backend could not start a process: spawn E2BIG',
    );
    await expect(sandbox.exec([])).rejects.toThrow('There is no command to start.');
  });

  test('sixty execs at once do not disturb each other', async () => {
    await using sandbox = await backend.create(sampleSpec(taskDir));
    const numbers = Array.from({ length: 60 }, (_, index) => index);
    const lines = await Promise.all(numbers.map((number) => sh(sandbox, `echo ${number}`)));
    expect(lines).toEqual(numbers.map((number) => `${number}\n`));
  });
});
