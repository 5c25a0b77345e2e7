import { ReadableStream, WritableStream } from 'node:stream/web';
import { ConfigError, SandboxError } from '@cooperbench/core';
import { expect, test, vi } from 'vitest';
import type { SandboxDriver, StartedProcess } from './driver.ts';
import { Sandboxes } from './sandboxes.ts';

function driver(id: string, overrides: Partial<SandboxDriver> = {}): SandboxDriver {
  return {
    id,
    origin: { from: 'image', reference: 'sha256:1' },
    repoDir: '/workspace/repo',
    patchesDir: '/patches',
    start: async () => running(),
    terminate: vi.fn(async () => {}),
    ...overrides,
  };
}

/** Returns a process that never ends by itself. */
function running(overrides: Partial<StartedProcess> = {}): StartedProcess {
  return {
    stdin: new WritableStream(),
    stdout: new ReadableStream(),
    stderr: new ReadableStream(),
    exitCode: new Promise(() => {}),
    kill: () => {},
    ...overrides,
  };
}

const outcome = (work: PromiseLike<unknown>): Promise<string> =>
  Promise.resolve(work).then(
    (value) => `resolved with ${value}`,
    (error: { code?: string; message: string }) => `${error.code ?? 'Error'}: ${error.message}`,
  );

test('disposal ends sandboxes that are left and those that are being made', async () => {
  const sandboxes = new Sandboxes('fake');
  const [left, done, late] = [driver('left'), driver('done'), driver('late')];
  const open = await sandboxes.create('left', undefined, async () => left);
  await (await sandboxes.create('done', undefined, async () => done))[Symbol.asyncDispose]();
  const making = Promise.withResolvers<SandboxDriver>();
  const unfinished = outcome(sandboxes.create('late', undefined, () => making.promise));
  const disposal = sandboxes[Symbol.asyncDispose]();
  making.resolve(late);
  await disposal;
  await sandboxes[Symbol.asyncDispose]();
  for (const { terminate } of [left, done, late]) expect(terminate).toHaveBeenCalledTimes(1);
  const gone = 'SANDBOX_LOST: The fake backend was disposed.';
  expect(await unfinished).toBe(gone);
  expect(await outcome(sandboxes.create('next', undefined, async () => driver('next')))).toBe(gone);
  expect(await outcome(open.exec(['true']))).toBe('SANDBOX_LOST: The sandbox left is gone.');
});

test('a sandbox that cannot be terminated is reported, and disposed again', async () => {
  const sandboxes = new Sandboxes('fake');
  const terminate = vi.fn(async () => {}).mockRejectedValueOnce(new Error('busy'));
  await sandboxes.create('a', undefined, async () => driver('a', { terminate }));
  expect(await outcome(sandboxes[Symbol.asyncDispose]())).toBe('Error: busy');
  await sandboxes[Symbol.asyncDispose]();
  expect(terminate).toHaveBeenCalledTimes(2);
});

test('a sandbox that cannot be terminated is tried again while the backend lives', async () => {
  await using sandboxes = new Sandboxes('fake');
  sandboxes.retryMs = 5;
  const busy = () =>
    vi
      .fn(async () => {})
      .mockRejectedValueOnce(new Error('busy'))
      .mockRejectedValueOnce(new Error('busy'));
  const [open, late] = [busy(), busy()];
  const sandbox = await sandboxes.create('a', undefined, async () => driver('a', { terminate: open }));
  expect(await outcome(sandbox[Symbol.asyncDispose]())).toBe('Error: busy');
  await expect.poll(() => open.mock.calls.length).toBe(3);
  const stop = new AbortController();
  const made = sandboxes.create('b', stop.signal, async () => {
    stop.abort(new Error('enough'));
    return driver('b', { terminate: late });
  });
  expect(await outcome(made)).toBe('Error: enough');
  await expect.poll(() => late.mock.calls.length).toBe(3);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect([open.mock.calls.length, late.mock.calls.length]).toEqual([3, 3]);
});

test('errors of a provider become SandboxErrors, others stay', async () => {
  const sandboxes = new Sandboxes('fake');
  const failing = (error: Error): Promise<string> =>
    outcome(sandboxes.create('a', undefined, () => Promise.reject(error)));
  expect(await failing(new Error('quota'))).toBe('SANDBOX_CREATE: Could not make the sandbox a: quota');
  expect(await failing(new ConfigError('X', 'no'))).toBe('X: no');
});

test('what starts after its caller has aborted is killed', async () => {
  const sandboxes = new Sandboxes('fake');
  const starting = Promise.withResolvers<StartedProcess>();
  const sandbox = await sandboxes.create('a', undefined, async () =>
    driver('a', { start: () => starting.promise }),
  );
  const controller = new AbortController();
  const exec = outcome(sandbox.exec(['sleep', '60'], { signal: controller.signal }));
  controller.abort(new Error('enough'));
  expect(await exec).toBe('Error: enough');
  const kill = vi.fn();
  starting.resolve(running({ kill }));
  await expect.poll(() => kill).toHaveBeenCalled();
});

test('a process whose provider never reports its end is lost with its sandbox', async () => {
  const sandboxes = new Sandboxes('fake');
  const sandbox = await sandboxes.create('a', undefined, async () => driver('a'));
  const end = outcome((await sandbox.exec(['sleep', '60'])).wait());
  await sandbox[Symbol.asyncDispose]();
  expect(await end).toBe('SANDBOX_LOST: The sandbox a is gone.');
});

test('the driver says why a process was lost', async () => {
  const sandboxes = new Sandboxes('fake');
  const start = async (): Promise<StartedProcess> =>
    running({ exitCode: Promise.reject(new Error('stream reset')) });
  const explainError = async (error: unknown, subject: string) =>
    new ConfigError('WHY', `${subject}: ${error}`);
  const plain = await sandboxes.create('a', undefined, async () => driver('a', { start }));
  expect(await outcome((await plain.exec(['x'])).wait())).toBe(
    'SANDBOX_EXEC: A process was lost: stream reset',
  );
  const sandbox = await sandboxes.create('b', undefined, async () => driver('b', { start, explainError }));
  expect(await outcome((await sandbox.exec(['x'])).wait())).toBe(
    'WHY: A process was lost: Error: stream reset',
  );
  const unable = { start, explainError: () => Promise.reject(new Error('no answer')) };
  const unexplained = await sandboxes.create('c', undefined, async () => driver('c', unable));
  expect(await outcome((await unexplained.exec(['x'])).wait())).toBe(
    'SANDBOX_EXEC: A process was lost: stream reset',
  );
});

test('a provider is asked whether the sandbox is lost, while a process runs and no longer', async () => {
  const sandboxes = new Sandboxes('fake');
  const loss = new SandboxError('SANDBOX_LOST', 'The sandbox one was terminated.');
  const checkLost = vi
    .fn(async (): Promise<SandboxError | undefined> => loss)
    .mockResolvedValueOnce(undefined)
    .mockRejectedValueOnce(new Error('no answer'));
  const exit = Promise.withResolvers<number>();
  const start = async (): Promise<StartedProcess> => running({ exitCode: exit.promise });
  const sandboxDriver = driver('one', { checkLost, checkLostEveryMs: 5, start });
  const sandbox = await sandboxes.create('one', undefined, async () => sandboxDriver);
  const process = await sandbox.exec(['sleep', '60']);
  expect(await outcome(process.wait())).toBe('SANDBOX_LOST: The sandbox one was terminated.');
  expect(checkLost).toHaveBeenCalledTimes(3);
  exit.resolve(137);
  await sandboxes[Symbol.asyncDispose]();
});

test('errors are explained by the backend, except those that are already CooperBench errors', async () => {
  const sandboxes = new Sandboxes('fake', (error, subject) => {
    return new SandboxError('FAKE', `${subject}, as it ${(error as Error).message}`);
  });
  const failing = (error: Error): Promise<unknown> =>
    sandboxes.create('one', undefined, () => Promise.reject(error));
  expect(await outcome(failing(new Error('broke')))).toBe(
    'FAKE: Could not make the sandbox one, as it broke',
  );
  expect(await outcome(failing(new ConfigError('OWN', 'No.')))).toBe('OWN: No.');
});
