import { runCommand, type Sandbox, SandboxError } from '@cooperbench/core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { FakeModal } from '../test/fake-modal.ts';
import { specOf, startFake } from './modal.test.support.ts';
import { ModalBackend } from './modal-backend.ts';

const status = { deadlineExceeded: 4, notFound: 5, resourceExhausted: 8, unavailable: 14 } as const;
let fake: FakeModal;
let backend: ModalBackend;

beforeAll(async () => {
  fake = await startFake('plain');
});

beforeEach(() => {
  Object.assign(process.env, fake.environment);
  fake.reset();
  backend = new ModalBackend();
});

/** After every test, nothing is left that an account would pay for. */
afterEach(async () => {
  await backend[Symbol.asyncDispose]();
  expect(fake.running()).toEqual([]);
});

afterAll(() => fake[Symbol.asyncDispose]());

const failure = async (work: PromiseLike<unknown>): Promise<object> => {
  const error = await work.then(
    () => expect.fail('nothing was thrown'),
    (thrown: unknown) => thrown as SandboxError,
  );
  return { code: error.code, message: error.message, retryable: SandboxError.is(error) && error.retryable };
};

const say = (sandbox: Sandbox, script: string) => runCommand(sandbox, ['sh', '-c', script], { cwd: '/' });

test('calls that fail now and then are repeated', async () => {
  for (const method of [
    'AppGetOrCreate',
    'ImageGetOrCreate',
    'SandboxCreateV2',
    'TaskExecStart',
    'SandboxTerminateV2',
  ])
    fake.faults.push({ method, code: status.unavailable, times: 2 });
  await using sandbox = await backend.create(specOf());
  expect((await say(sandbox, 'echo well')).stdout.toString()).toBe('well\n');
  expect(fake.running()).toHaveLength(1);
});

test('a server that says how long to wait is obeyed', async () => {
  const limit = { code: status.resourceExhausted, retryAfterSecs: 0.01, times: 5 };
  fake.faults.push({ method: 'SandboxCreateV2', ...limit });
  await using _ = await backend.create(specOf());
  expect(fake.calls.get('SandboxCreateV2')).toBe(6);
});

test.for([
  ['unavailable', status.unavailable, 'MODAL_UNREACHABLE', 'Modal does not answer: no route'],
  ['past its deadline', status.deadlineExceeded, 'MODAL_UNREACHABLE', 'Modal does not answer: no route'],
  ['full', status.resourceExhausted, 'MODAL_LIMIT', 'Modal has reached a limit of the workspace: no route'],
] as const)(
  'Modal that stays %s is an error that another attempt may avoid',
  async ([, code, known, message]) => {
    fake.faults.push({ method: 'SandboxCreateV2', code, details: 'no route' });
    expect(await failure(backend.create(specOf()))).toEqual({ code: known, message, retryable: true });
  },
);

test('output arrives whole and once though its stream breaks', async () => {
  await using sandbox = await backend.create(specOf());
  fake.breakOutput = { afterBytes: 1, times: 5 };
  const { stdout } = await say(sandbox, 'for n in 1 2 3 4 5 6 7 8; do echo $n; sleep 0.05; done');
  expect(stdout.toString()).toBe('1\n2\n3\n4\n5\n6\n7\n8\n');
  expect(fake.breakOutput.times).toBe(0);
});

test.for([
  ['terminated', 'was terminated from outside', true],
  ['timeout', 'reached the end of its lifetime of 12 minutes', true],
  ['killedFromWithin', 'ended by itself (exit code 137)', false],
] as const)(
  'a sandbox that ends (%s) says so, to what runs and to what starts',
  async ([how, why, outside]) => {
    await using sandbox = await backend.create(specOf());
    const process = await sandbox.exec(['sleep', '60'], { cwd: '/' });
    const [one] = fake.running();
    if (one) await fake.end(one, how);
    const lost = { code: 'SANDBOX_LOST', message: `The sandbox ${sandbox.id} ${why}.`, retryable: false };
    expect(await failure(process.wait())).toEqual(lost);
    expect(await failure(sandbox.exec(['true']))).toEqual(lost);
    await expect(sandbox.exec(['true'])).rejects.toMatchObject({ fromOutside: outside });
  },
);

test('a worker that is gone for good is noticed', async () => {
  backend.checkLostEveryMs = 50;
  await using sandbox = await backend.create(specOf());
  fake.faults.push({ method: 'TaskExecWait', code: status.unavailable });
  const process = await sandbox.exec(['sleep', '60'], { cwd: '/' });
  const [gone] = fake.running();
  if (gone) await fake.end(gone, 'terminated');
  expect(await failure(process.wait())).toMatchObject({ code: 'SANDBOX_LOST' });
});

test('a worker that is gone before Modal says so loses the sandbox', async () => {
  await using sandbox = await backend.create(specOf());
  fake.faults.push({ method: 'TaskExecStart', code: status.notFound });
  expect(await failure(sandbox.exec(['true']))).toEqual({
    code: 'SANDBOX_LOST',
    message: `The sandbox ${sandbox.id} does not exist any more.`,
    retryable: false,
  });
});

test('preflight and clean look for the app, and the first sandbox creates it', async () => {
  fake.apps.clear();
  expect(await backend.preflight({})).toEqual([]);
  expect(await backend.clean()).toEqual([]);
  expect({ changes: fake.changes, apps: [...fake.apps] }).toEqual({ changes: [], apps: [] });
  await Promise.all([1, 2, 3].map(() => backend.create(specOf())));
  expect([...fake.apps]).toEqual(['cooperbench']);
  expect(fake.changes.filter((method) => method === 'AppGetOrCreate')).toHaveLength(1);
});

test('an environment that does not exist is a configuration error before a run', async () => {
  await using other = new ModalBackend({ environment: 'elsewhere' });
  expect(await failure(other.preflight({}))).toMatchObject({
    code: 'MODAL_REFUSED',
    message: "Modal refused: Environment 'elsewhere' not found",
  });
});

test('a token that Modal refuses is a configuration error before a run', async () => {
  process.env.MODAL_TOKEN_SECRET = 'as-other';
  expect(await failure(backend.preflight({}))).toEqual({
    code: 'MODAL_TOKEN',
    message: 'Modal refused the token: Token ID is malformed or does not exist',
    retryable: false,
  });
});

test('no token is a configuration error that names both places', async () => {
  delete process.env.MODAL_TOKEN_ID;
  expect(await failure(backend.preflight({}))).toEqual({
    code: 'MODAL_CREDENTIALS',
    message:
      'There are no credentials for Modal: neither MODAL_TOKEN_ID and MODAL_TOKEN_SECRET nor ~/.modal.toml has a token.',
    retryable: false,
  });
});

test('a sandbox that is needed for more than a day is refused', async () => {
  const spec = specOf({ name: 'long', lifetimeMs: 30 * 3_600_000 });
  expect(await failure(backend.create(spec))).toEqual({
    code: 'SANDBOX_LIFETIME',
    message: 'Modal ends sandboxes after 24 hours, but long is needed for 30.1 hours.',
    retryable: false,
  });
});

test('a sandbox that cannot be terminated is terminated by the next disposal', async () => {
  const sandbox = await backend.create(specOf());
  fake.faults.push({ method: 'SandboxTerminateV2', code: status.unavailable, times: 4 });
  expect(await failure(sandbox[Symbol.asyncDispose]())).toMatchObject({ code: 'MODAL_UNREACHABLE' });
  await sandbox[Symbol.asyncDispose]();
  expect(fake.running()).toEqual([]);
});
