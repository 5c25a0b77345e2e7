import { runCommand, type Sandbox } from '@cooperbench/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bases, describeDocker, docker, sampleSpec, sampleTask, sh } from '../docker.test.support.ts';
import { DockerBackend } from '../docker-backend.ts';

const [baseImage] = bases;
const taskDir = sampleTask();

/** For three seconds, starts processes up to the limit and ends the stopped child of the first process. */
const bomb = `
import os, time
end = time.time() + 3
while time.time() < end:
    try:
        if os.fork() == 0:
            time.sleep(1000)
    except OSError:
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                state, parent = open(f'/proc/{pid}/stat').read().rsplit(')', 1)[1].split()[:2]
                if (state, parent) == ('T', '1'):
                    os.kill(int(pid), 9)
            except OSError:
                pass
`;

describeDocker('processes', () => {
  const backend = new DockerBackend({ network: 'none', build: true, baseImage, pids: 150, memoryMiB: 192 });
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await backend.create(sampleSpec(taskDir));
  });
  afterAll(() => backend[Symbol.asyncDispose]());

  /** Returns the processes, a line each. */
  const running = async (): Promise<string> =>
    sh(sandbox, 'for p in /proc/[0-9]*; do tr "\\0\\n" "  " <$p/cmdline; echo; done 2>/dev/null');
  /** Runs a script until it has printed a line, then aborts it. */
  const abortOnceReady = async (script: string): Promise<void> => {
    const controller = new AbortController();
    const process = await sandbox.exec(['sh', '-c', script], { signal: controller.signal });
    await process.stdout.getReader().read();
    controller.abort(new Error('enough'));
    await expect(process.wait()).rejects.toThrow('enough');
  };

  test('an abort ends daemons, other sessions and other users', async () => {
    await abortOnceReady(`
      setsid sleep 4241 &
      (setsid sh -c 'sleep 4242 & sleep 4243' &)
      su nobody -s /bin/sh -c 'sleep 4244' &
      su nobody -s /bin/sh -c 'setsid sleep 4245' &
      env -i sleep 4246 &
      sleep 0.3; echo ready; wait`);
    expect(await running()).not.toMatch(/sleep 424/);
  });

  test('an abort ends a fork bomb', async () => {
    const bomb = 'bomb() { bomb | bomb & }; bomb';
    for (const script of [bomb, `sh -c '${bomb}' &`, `setsid sh -c '${bomb}' &`])
      await abortOnceReady(`${script}\nsleep 1; echo ready; sleep 60`);
    // What ended may wait for the first process to reap it.
    await expect.poll(async () => (await running()).split('\n').length).toBeLessThan(12);
  });

  test('an abort ends what runs when nothing can be started any more, and files stay', async () => {
    await using own = await backend.create(sampleSpec(taskDir));
    const controller = new AbortController();
    const aborted = await own.exec(['sleep', '4247'], { signal: controller.signal });
    const fill = 'touch kept; i=0; while [ $i -lt 300 ]; do sleep 4248 >/dev/null 2>&1 & i=$((i+1)); done';
    await runCommand(own, ['sh', '-c', fill]);
    controller.abort(new Error('enough'));
    await expect(aborted.wait()).rejects.toThrow('enough');
    const top = (await docker.getContainer(own.id).top()) as { Processes: string[][] };
    expect(top.Processes.map((columns) => columns.at(-1)).join()).not.toContain('sleep 4247');
    await runCommand(own, ['sh', '-c', 'kill -9 -1']);
    expect(await sh(own, 'ls')).toContain('kept');
  });

  test('processes that reach the limit and end the other children of the first do not end the container', async () => {
    await using own = await backend.create(sampleSpec(taskDir));
    await own.writeFile('/bomb.py', bomb);
    await runCommand(own, ['python3', '/bomb.py']);
    // Starting a process takes Docker a few threads for a moment, and the sandbox may still be full.
    await expect.poll(() => sh(own, 'kill -9 -1; ls /bomb.py')).toBe('/bomb.py\n');
  });

  test('many aborts at once end their own processes alone', async () => {
    const others = await sandbox.exec(['sh', '-c', 'read -r word; exit 9']);
    const controller = new AbortController();
    const { signal } = controller;
    const sandboxProcesses = await Promise.all(
      Array.from({ length: 8 }, () => sandbox.exec(['sh', '-c', 'sleep 4249 & wait'], { signal })),
    );
    controller.abort(new Error('enough'));
    await Promise.all(
      sandboxProcesses.map((sandboxProcess) => expect(sandboxProcess.wait()).rejects.toThrow('enough')),
    );
    expect(await running()).not.toMatch(/sleep 4249/);
    await others.stdin.getWriter().write(Buffer.from('word\n'));
    expect(await others.wait()).toBe(9);
  });

  test('a process that outgrows the memory is said to have done so', async () => {
    const result = await runCommand(sandbox, ['python3', '-c', 'x = bytearray(500 << 20)']);
    expect(result.exitCode).toBe(137);
    expect(result.stderr.toString()).toBe(
      'cooperbench: this sandbox ran out of memory (limit: 192 MiB), which may be why the process was killed\n',
    );
    expect((await runCommand(sandbox, ['sh', '-c', 'kill -9 $$'])).stderr.toString()).toBe('');
  });

  test('a limit on processes holds, and the sandbox lives on', async () => {
    const script = 'i=0; while [ $i -lt 300 ]; do sleep 20 & i=$((i+1)); done';
    const result = await runCommand(sandbox, ['sh', '-c', script], { signal: AbortSignal.timeout(20_000) });
    expect(result.exitCode).not.toBe(0);
    // Starting a process takes Docker a few threads for a moment, and the sandbox is full.
    await expect.poll(() => sh(sandbox, 'kill -9 -1; echo well')).toBe('well\n');
  });

  test('nothing that runs in a sandbox can end it, and what ends is reaped', async () => {
    await sh(sandbox, 'kill -9 1; kill -9 -1');
    await sh(sandbox, 'i=0; while [ $i -lt 20 ]; do (sleep 0.1 &); i=$((i+1)); done; sleep 0.4');
    expect(await sh(sandbox, 'cat /proc/[0-9]*/stat 2>/dev/null | grep -c ") Z "')).toBe('0\n');
  });

  test('what a process said before it ended is not lost when it did not read its input', async () => {
    const process = await sandbox.exec(['sh', '-c', 'head -c 300000 /dev/zero; exit 3']);
    const feed = async (): Promise<void> => {
      const writer = process.stdin.getWriter();
      for (;;) await writer.write(new Uint8Array(1 << 16));
    };
    const feeding = feed().catch(() => 'refused');
    let received = 0;
    for await (const chunk of process.stdout) received += chunk.length;
    expect(received).toBe(300_000);
    expect(await process.wait()).toBe(3);
    expect(await feeding).toBe('refused');
  });

  test('256 MB go through in little memory', async () => {
    const process_ = await sandbox.exec(['cat']);
    const before = process.memoryUsage().rss;
    let peak = before;
    let received = 0;
    const feed = async (): Promise<void> => {
      const writer = process_.stdin.getWriter();
      for (let sentCount = 0; sentCount < 256; sentCount += 1) await writer.write(new Uint8Array(1 << 20));
      await writer.close();
    };
    const drain = async (): Promise<void> => {
      for await (const chunk of process_.stdout) {
        received += chunk.length;
        peak = Math.max(peak, process.memoryUsage().rss);
      }
    };
    await Promise.all([feed(), drain()]);
    expect(received).toBe(256 << 20);
    expect(peak - before).toBeLessThan(150 << 20);
  });

  test('input waits for a program that does not read it', async () => {
    const process = await sandbox.exec(['sleep', '60']);
    const writer = process.stdin.getWriter();
    let sentCount = 0;
    const feeding = (async () => {
      for (;;) sentCount += await writer.write(new Uint8Array(1 << 16)).then(() => 1 << 16);
    })().catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(sentCount).toBeLessThan(8 << 20);
    await process.kill();
    await feeding;
    expect(await process.wait()).toBe(137);
  });

  test('an output nobody reads does not keep a process from being ended', async () => {
    const process = await sandbox.exec(['sh', '-c', 'cat /dev/zero']);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await process.kill();
    expect(await process.wait()).toBe(137);
  });

  test('a process that closed its outputs is waited for', async () => {
    const process = await sandbox.exec(['sh', '-c', 'exec >&- 2>&-; sleep 1; exit 3']);
    expect(await process.wait()).toBe(3);
  });
});
