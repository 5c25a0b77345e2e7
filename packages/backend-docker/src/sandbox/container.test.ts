import { expect, test } from 'vitest';
import { type Container, findLoss, Loss } from './container.ts';
import { type Exec, endOf } from './exec.ts';

/** Returns a container that Docker lists with a state, and whose inspection says how it ended. */
function container(listed: string, state: object = {}): Container & { inspections: number } {
  const fake = {
    name: 'seat',
    memoryMiB: 128,
    isPodman: false,
    loss: new Loss(),
    inspections: 0,
    docker: { listContainers: async () => [{ State: listed }] },
    api: {
      id: '1',
      async inspect() {
        fake.inspections += 1;
        return { State: state };
      },
    },
  };
  return fake as unknown as Container & { inspections: number };
}

test.for([0, 1, 127, 137, 143, 255])(
  'a container that ended with exit code %i may run again, because its own processes may have ended it',
  async (code) => {
    const ended = container('exited', { ExitCode: code });
    expect(await findLoss(ended)).toMatchObject({
      code: 'SANDBOX_EXEC',
      fromOutside: false,
      message: `Processes in the sandbox seat ended its container (exit code ${code}).`,
    });
    expect(ended.loss.signal.aborted).toBe(false);
  },
);

test('a container whose memory ran out may run again, because its own processes took the memory', async () => {
  expect(await findLoss(container('exited', { ExitCode: 137, OOMKilled: true }))).toMatchObject({
    code: 'SANDBOX_EXEC',
    fromOutside: false,
    message: 'Processes in the sandbox seat ended its container (memory ran out (limit: 128 MiB)).',
  });
});

test('a container that somebody else asked Docker to end is lost, also when Docker reports that late', async () => {
  const ended = container('exited', { ExitCode: 137 });
  setTimeout(() => {
    ended.loss.isFromOutside = true;
  }, 50);
  expect(await findLoss(ended)).toMatchObject({ code: 'SANDBOX_LOST', fromOutside: true });
  expect(ended.loss.signal.aborted).toBe(true);
});

test.for([
  [true, false],
  [false, true],
])(
  'silence about a container is evidence only of a daemon that is silent itself: %s',
  async ([answers, isOutside]) => {
    const silent = container('running');
    const silence = Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' });
    Object.assign(silent.docker, {
      listContainers: () => Promise.reject(silence),
      ping: () => (answers ? Promise.resolve('OK') : Promise.reject(silence)),
    });
    expect(await findLoss(silent)).toMatchObject({ code: 'SANDBOX_LOST', fromOutside: isOutside });
  },
);

test.for([
  [false, 128, 0, true],
  [false, 126, 0, true],
  [false, 126, 7, false],
  [true, 126, 0, true],
  [true, 128, 0, false],
] as const)(
  'a process of Podman (%s) with exit code %i and id %i may not have begun: %s',
  async ([isPodman, ExitCode, Pid, neverRan]) => {
    const api = { inspect: async () => ({ Running: false, ExitCode, Pid }) };
    const exec = { api } as unknown as Exec;
    const end = await endOf({ ...container('running'), isPodman }, exec);
    expect(end).toEqual({ exitCode: ExitCode, neverRan });
  },
);

test.for(['running', 'paused'])('a container that is %s is not inspected', async (state) => {
  const one = container(state);
  await findLoss(one);
  expect(one.inspections).toBe(0);
});
