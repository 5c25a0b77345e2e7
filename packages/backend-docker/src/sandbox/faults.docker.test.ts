import { setTimeout as delay } from 'node:timers/promises';
import { runCommand, type Sandbox, SandboxError, type SandboxSpec } from '@cooperbench/core';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import {
  bases,
  describeDocker,
  docker,
  endOnHost,
  present,
  sampleSpec,
  sampleTask,
  sh,
} from '../docker.test.support.ts';
import { DockerBackend } from '../docker-backend.ts';

const [baseImage] = bases;
const taskDir = sampleTask();

describeDocker('faults', () => {
  const backend = new DockerBackend({ network: 'none', build: true, baseImage, memoryMiB: 128 });
  afterAll(() => backend[Symbol.asyncDispose]());
  const create = (): Promise<Sandbox> => backend.create(sampleSpec(taskDir));
  const codeOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'no error',
      (error: unknown) => (SandboxError.is(error) ? `${error.code}: ${error.message}` : String(error)),
    );

  /** Does something to the container of a sandbox in which a process runs; what the process and the next call say. */
  const harm = async (
    deed: (sandbox: Sandbox) => Promise<unknown>,
  ): Promise<{ id: string; running: string; next: string; file: string }> => {
    const sandbox = await create();
    const process = await sandbox.exec(['sh', '-c', 'echo ready; sleep 60']);
    const pending = codeOf(process.wait());
    await process.stdout.getReader().read();
    await deed(sandbox);
    const next = await codeOf(sandbox.exec(['true']));
    const file = await codeOf(sandbox.writeFile('/patches/x', 'x'));
    const running = await pending;
    await sandbox[Symbol.asyncDispose]();
    expect(await present()).not.toContain(sandbox.id);
    return { id: sandbox.id, running, next, file };
  };

  /** Tries again when a process is just starting, which control groups of version 1 cannot freeze. */
  const pause = async (id: string): Promise<unknown> => {
    for (;;) {
      try {
        return await docker.getContainer(id).pause();
      } catch (error) {
        if (!String(error).includes('unable to freeze')) throw error;
      }
    }
  };

  test('docker kill', async () => {
    const { id, ...said } = await harm(({ id }) => docker.getContainer(id).kill());
    const lossMessage = `SANDBOX_LOST: The sandbox ${id} is lost: its container was ended from outside (exit code 137).`;
    expect(said).toEqual({ running: lossMessage, next: lossMessage, file: lossMessage });
  });

  test('docker rm -f', async () => {
    const { id: _, ...said } = await harm(({ id }) => docker.getContainer(id).remove({ force: true }));
    // Docker ends it first, and removes it then.
    for (const words of Object.values(said))
      expect(words).toMatch(/^SANDBOX_LOST: .* its container was (removed|ended) from outside/);
  });

  test('docker pause', async () => {
    const { id, ...said } = await harm(({ id }) => pause(id));
    const lossMessage = `SANDBOX_LOST: The sandbox ${id} is lost: its container was paused from outside.`;
    expect(said).toEqual({ running: lossMessage, next: lossMessage, file: lossMessage });
  });

  test('docker restart', async () => {
    const { next, file } = await harm(async (sandbox) => {
      await docker.getContainer(sandbox.id).restart({ t: 0 });
      // The container runs again before Docker's event of its end arrives.
      await expect.poll(() => codeOf(sandbox.exec(['true']))).not.toBe('no error');
    });
    // What ran may have ended with an exit code before.
    for (const words of [next, file])
      expect(words).toMatch(/^SANDBOX_LOST: .* its container was ended from outside \(exit code \d+\)\.$/);
  });

  test('a first process that is killed without a call of Docker’s: the sandbox is restarted, with its files', async () => {
    await using sandbox = await create();
    await sh(sandbox, 'echo kept > kept');
    const running = sandbox.exec(['sh', '-c', 'sleep 60']);
    const pending = codeOf(running.then((process) => process.wait()));
    await running;
    const { State: state } = await docker.getContainer(sandbox.id).inspect();
    // The host cannot tell this from a kill by ptrace or for want of memory.
    process.kill(state.Pid, 'SIGKILL');
    const output = `SANDBOX_EXEC: Processes in the sandbox ${sandbox.id} ended its container (exit code 137).`;
    expect(await pending).toBe(output);
    expect(await codeOf(sandbox.exec(['true']))).toBe(output);
    await sandbox.restart?.();
    expect(await sh(sandbox, 'cat kept')).toBe('kept\n');
    // Also after that, a call of Docker's is evidence.
    await docker.getContainer(sandbox.id).kill();
    expect(await codeOf(sandbox.exec(['true']))).toMatch(/^SANDBOX_LOST: .* ended from outside/);
  });

  test('a container that is out of memory and was ended from outside', async () => {
    const { id: _, ...said } = await harm(async (sandbox) => {
      // The kernel spares the first process while another exists, so the test ends the container itself.
      await sh(sandbox, 'python3 -c "x = bytearray(500 << 20)"');
      await docker.getContainer(sandbox.id).kill();
    });
    const reason = /^SANDBOX_LOST: .* its container was ended from outside \(exit code 137\)\.$/;
    for (const words of Object.values(said)) expect(words).toMatch(reason);
  });

  test('processes that stop each new one before it begins are ended by a restart, and by removal', async () => {
    await using sandbox = await create();
    const { Id: id } = await docker.getContainer(sandbox.id).inspect();
    onTestFinished(() => endOnHost(id));
    const stop =
      'while :; do for p in /proc/[0-9]*; do read -r c < $p/comm && case $c in runc*) kill -STOP ${p#/proc/} ;; esac; done; sleep 0.02; done';
    const stuck = async (): Promise<string> => {
      await sh(sandbox, `echo kept > kept; setsid sh -c '${stop}' > /dev/null 2>&1 &`);
      for (;;) {
        // The process that is stopped never ends. Docker does not accept the next.
        const next = sandbox.exec(['true']).then((process) => Promise.race([process.wait(), delay(2000)]));
        const output = await codeOf(next);
        if (output !== 'no error') return output;
      }
    };
    expect(await stuck()).toBe(
      `SANDBOX_EXEC: Could not start a process in the sandbox ${sandbox.id}: Docker answers, but waits for another process to begin.`,
    );
    await sandbox.restart?.();
    expect(await sh(sandbox, 'cat kept')).toBe('kept\n');
    await stuck();
    await sandbox[Symbol.asyncDispose]();
    expect(await present()).not.toContain(sandbox.id);
  });

  // Whoever reads a line as long as this says so.
  const longLine = "head -c 200000 /dev/zero | tr '\\0' x > /etc/passwd";

  test('Docker reads no file of users that code in the container has written', async () => {
    await using sandbox = await create();
    await sh(sandbox, longLine);
    // A process of the container fails instead, within the container's limits.
    expect(await sh(sandbox, 'echo ran')).toMatch(/^OCI runtime exec failed: .*: unable to setup user: /);
  });

  test.for([
    ['head -c 2000000 /dev/zero > /etc/group', '/etc/group in .* has 2000000 bytes'],
    ['head -c 2000000 /dev/zero > /big; ln -sf /big /etc/passwd', '/etc/passwd in .* has 2000000 bytes'],
    ['rm /etc/passwd; mkfifo /etc/passwd', '/etc/passwd in .* is no regular file'],
  ] as const)(
    'after %s, a container is not started again, and no user is named',
    async ([script, output]) => {
      await using sandbox = await create();
      await sh(sandbox, script);
      await expect(sandbox.restart?.()).rejects.toThrow(new RegExp(output));
      expect(await codeOf(sandbox.exec(['true']))).toMatch(/^SANDBOX_EXEC: /);
      await using other = new DockerBackend({ network: 'none', build: true, baseImage, user: '1000' });
      await using named = await other.create(sampleSpec(taskDir));
      await docker
        .getContainer(named.id)
        .exec({ Cmd: ['sh', '-c', script], AttachStdout: true })
        .then(async (exec) => {
          for await (const _ of await exec.start({})) expect.fail('the script prints nothing');
        });
      expect(await codeOf(named.exec(['true']))).toMatch(new RegExp(`^SANDBOX_EXEC: .*${output}`));
    },
  );

  test('a command that begins while the sandbox restarts runs after it', async () => {
    await using sandbox = await create();
    const restarted = sandbox.restart?.();
    expect(await sh(sandbox, 'cat README.md')).toBe('hello\n');
    await restarted;
  });

  test('neither signals nor missing programs end a container from within', async () => {
    await using sandbox = await create();
    for (let round = 0; round < 3; round += 1)
      await codeOf(sh(sandbox, 'rm -f "$(command -v sleep)"; kill -CONT -1; kill -KILL -1'));
    expect(await sh(sandbox, 'cat README.md')).toBe('hello\n');
  });

  test('a full disk fails what needs room, and nothing else', async () => {
    await using sandbox = await create();
    const error = await codeOf(sandbox.writeFile('/dev/shm/big', new Uint8Array(100 << 20)));
    expect(error).toBe(
      'SANDBOX_FILE: Could not write /dev/shm/big in the sandbox: cat: write error: No space left on device',
    );
    expect(await sh(sandbox, 'cat README.md')).toBe('hello\n');
  });

  test('chmod 000 / harms nobody', async () => {
    await using sandbox = await create();
    await sh(sandbox, 'chmod 000 / /workspace /workspace/repo /patches');
    await sandbox.writeFile('/patches/x', 'x');
    expect(await sh(sandbox, 'cat README.md /patches/x')).toBe('hello\nx');
  });

  test('without its shell every command fails, and says why', async () => {
    await using sandbox = await create();
    await sh(sandbox, 'rm -f /bin/sh');
    const { exitCode, stderr } = await runCommand(sandbox, ['true']);
    expect([126, 127]).toContain(exitCode);
    expect(stderr.toString()).toBe('cooperbench: the process could not be started in this sandbox\n');
  });

  test('a container name that is taken does not fail the trial', async () => {
    const spec = sampleSpec(taskDir);
    await using sandbox = await backend.create(spec);
    await using two = await backend.create(spec);
    expect(sandbox.id).toBe(spec.name);
    expect(two.id).toMatch(new RegExp(`^${spec.name}-[0-9a-f]{8}$`));
  });

  test('an image that was removed in between is got again', async () => {
    const image = 'cooperbench-test/removed:task1';
    const own = sampleTask(
      `ARG BASE\nFROM \${BASE}\nRUN mkdir -p /workspace/repo && echo ${Date.now()} >/unique\n`,
    );
    const spec = (): SandboxSpec => sampleSpec(own, { image });
    await (await backend.create(spec()))[Symbol.asyncDispose]();
    await docker.getImage(image).remove({ force: true });
    expect(await codeOf(backend.create(spec()))).toContain('SANDBOX_CREATE: Could not make the sandbox');
    await using sandbox = await backend.create(spec());
    expect(await sh(sandbox, 'ls /unique')).toBe('/unique\n');
    await sandbox[Symbol.asyncDispose]();
    await docker.getImage(image).remove({ force: true });
  });

  test('settings Docker refuses are said in its words', async () => {
    await using own = new DockerBackend({ network: 'none', build: true, baseImage, cpus: 10_000 });
    expect(await codeOf(own.create(sampleSpec(taskDir)))).toMatch(
      /^SANDBOX_CREATE: Could not make the sandbox \S+: Range of CPUs is from 0.01 to/,
    );
  });
});
