import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { runCommand, type Sandbox, SandboxError } from '@cooperbench/core';
import type { FakeModal } from '@cooperbench/test-support/modal/fake-modal';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { faults } from './faults.ts';
import { specOf, startFake } from './modal.test.support.ts';
import { ModalBackend } from './modal-backend.ts';
import { patience } from './patience.ts';

const status = {
  ...{ deadlineExceeded: 4, notFound: 5, resourceExhausted: 8, unavailable: 14, unauthenticated: 16 },
} as const;
const folder = mkdtempSync(join(tmpdir(), 'modal-faults-'));
let fake: FakeModal;
let backend: ModalBackend;

beforeAll(async () => {
  fake = await startFake('plain');
});

beforeEach(() => {
  Object.assign(process.env, fake.environment);
  fake.reset();
  Object.assign(patience, { mostMs: 2000, othersMs: 2000, unansweredMs: 20 });
  backend = new ModalBackend();
});

/** After every test, nothing is left that an account would pay for. */
afterEach(async () => {
  await backend[Symbol.asyncDispose]();
  expect(fake.running()).toEqual([]);
});

afterAll(async () => {
  await fake[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const failure = async (work: PromiseLike<unknown>): Promise<object> => {
  const error = await work.then(
    () => expect.fail('nothing was thrown'),
    (thrown: unknown) => thrown as SandboxError,
  );
  return { code: error.code, message: error.message, retryable: SandboxError.is(error) && error.retryable };
};

const runScript = (sandbox: Sandbox, script: string) =>
  runCommand(sandbox, ['sh', '-c', script], { cwd: '/' });

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
  expect((await runScript(sandbox, 'echo well')).stdout.toString()).toBe('well\n');
  expect(fake.running()).toHaveLength(1);
});

test('a server that says how long to wait is obeyed', async () => {
  const limit = { code: status.resourceExhausted, retryAfterSecs: 0.01, times: 5 };
  fake.faults.push({ method: 'ImageGetOrCreate', ...limit });
  await using _ = await backend.create(specOf());
  expect(fake.calls.get('ImageGetOrCreate')).toBe(7);
});

test('throttling is waited for up to a stated time, and said', async () => {
  fake.faults.push({
    ...{ method: 'ImageGetOrCreate', code: status.resourceExhausted },
    ...{ details: 'too many calls a second', retryAfterSecs: 0.1 },
  });
  const notices = new Set<string>();
  const created = backend.create(specOf(), { onNotice: (text) => notices.add(text) });
  expect(await failure(created)).toMatchObject({ code: 'MODAL_LIMIT', retryable: true });
  expect(fake.calls.get('ImageGetOrCreate')).toBeGreaterThan(2);
  expect([...notices]).toEqual([
    'Modal slows this account down (too many calls a second). Each call waits up to 1 minutes.',
  ]);
});

test.for([
  ['without a time', undefined],
  ['with a time', 0.25],
] as const)('a creation that Modal refuses %s is for core to wait', async ([, retryAfterSecs]) => {
  const details = 'too many sandboxes a second';
  fake.faults.push({
    ...{ method: 'SandboxCreateV2', code: status.resourceExhausted, details },
    ...(retryAfterSecs !== undefined && { retryAfterSecs }),
  });
  const retryAfterMs = retryAfterSecs && 1000 * retryAfterSecs;
  await expect(backend.create(specOf())).rejects.toMatchObject({
    ...{ code: 'MODAL_LIMIT', message: `Modal has reached a limit of the workspace: ${details}` },
    capacity: retryAfterMs === undefined ? {} : { retryAfterMs, isRate: true },
  });
});

test('an abort ends the wait for Modal', async () => {
  patience.mostMs = 60_000;
  fake.faults.push({ method: 'ImageGetOrCreate', code: status.resourceExhausted, retryAfterSecs: 30 });
  const stop = new AbortController();
  const created = backend.create(specOf(), {
    signal: stop.signal,
    onNotice: () => stop.abort(new Error('enough')),
  });
  await expect(created).rejects.toThrow('enough');
});

test('an outage is waited for, and a sandbox whose creation was not answered is terminated', async () => {
  patience.mostMs = 60_000;
  const unanswered = { code: status.unavailable, details: 'no route' };
  fake.faults.push({ method: 'AppGetOrCreate', ...unanswered, times: 9 });
  fake.faults.push({ method: 'SandboxCreateV2', ...unanswered, afterWork: true, times: 9 });
  await using sandbox = await backend.create(specOf());
  expect(fake.running().map(({ id }) => id)).toEqual([sandbox.id]);
  expect(fake.sandboxes.size).toBeGreaterThan(1);
  // A later look for what an attempt has left must not find the sandbox of another attempt.
  const tags = [...fake.sandboxes.values()].map((fakeSandbox) => JSON.stringify(fakeSandbox.tags));
  expect(new Set(tags).size).toBe(fake.sandboxes.size);
});

test('a creation that Modal ends after it was looked for is found', async () => {
  Object.assign(patience, { mostMs: 60_000, unansweredMs: 300 });
  const unanswered = { code: status.unavailable, details: 'no route' };
  fake.faults.push({ method: 'SandboxCreateV2', ...unanswered, afterWork: true, times: 9 });
  fake.hiddenMs = 1e6;
  const created = backend.create(specOf());
  await expect.poll(() => fake.calls.get('SandboxListV2') ?? 0).toBeGreaterThan(0);
  fake.hiddenMs = 0;
  await using sandbox = await created;
  expect(fake.running().map(({ id }) => id)).toEqual([sandbox.id]);
});

test('the end of a sandbox waits for throttling', async () => {
  const sandbox = await backend.create(specOf());
  fake.faults.push({
    ...{ method: 'SandboxTerminateV2', code: status.resourceExhausted },
    ...{ retryAfterSecs: 0.2, times: 1 },
  });
  await sandbox[Symbol.asyncDispose]();
  expect(fake.running()).toEqual([]);
});

test('what Modal tells its users is passed on', async () => {
  fake.warning = 'Your workspace moves to another region.';
  const output = 'Modal: Your workspace moves to another region.';
  expect(await backend.preflight({})).toEqual([output]);
  await using other = new ModalBackend();
  const notices: string[] = [];
  await other.create(specOf(), { onNotice: (text) => notices.push(text) });
  expect(notices).toEqual([output]);
});

test.for([
  ['TimeoutError', 'Timeout expired', 'SANDBOX_CREATE', true],
  ['ConflictError', 'Sandbox sb-1 has already finished', 'SANDBOX_CREATE', true],
  ['ResourceExhaustedError', 'Insufficient capacity to create sandbox.', 'MODAL_LIMIT', true],
  [
    'Error',
    'Image build for im-1 terminated due to external shut-down. Please try again.',
    'SANDBOX_CREATE',
    true,
  ],
  ['InvalidError', 'cpu must be positive', 'SANDBOX_CREATE', false],
] as const)('an error of the SDK without a code (%s: %s) is %s', ([name, message, code, retryable]) => {
  const error = Object.assign(new Error(message), { name });
  expect(faults.inRun(error, 'SANDBOX_CREATE', 'It was not made')).toMatchObject({ code, retryable });
});

test('the SDK still has the calls that the backend makes without its classes', async () => {
  const { cpClient } = new (await import('modal')).ModalClient();
  for (const call of ['sandboxWaitV2', 'sandboxGetTaskIdV2', 'sandboxGetCommandRouterAccess'])
    expect(cpClient).toHaveProperty(call);
});

test('clean survives a sandbox that ends while it is listed', async () => {
  fake.faults.push({ method: 'SandboxTagsGetV2', code: status.notFound });
  await using _ = await backend.create(specOf());
  expect(await backend.clean()).toEqual([]);
  expect(fake.calls.get('SandboxTagsGetV2')).toBe(1);
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
  const { stdout } = await runScript(sandbox, 'for n in 1 2 3 4 5 6 7 8; do echo $n; sleep 0.05; done');
  expect(stdout.toString()).toBe('1\n2\n3\n4\n5\n6\n7\n8\n');
  expect(fake.breakOutput.times).toBe(0);
});

/** More than the SDK's ten attempts. */
const cut = { code: status.unavailable, details: 'no route', times: 30 };

test('a command outlives a network that is away, and neither runs twice nor loses input or output', async () => {
  patience.mostMs = 60_000;
  await using sandbox = await backend.create(specOf());
  for (const method of ['TaskExecStart', 'TaskExecStdinWrite', 'TaskExecStdioRead', 'TaskExecWait'])
    fake.faults.push({ method, ...cut, afterWork: method === 'TaskExecStart' });
  // Each attempt to write is carried out, but not answered.
  fake.faults.push({ method: 'TaskExecStdinWrite', ...cut, times: 2, afterWork: true });
  const script = `echo begun; cat; echo $$ >> ${folder}/runs`;
  const { stdout, exitCode } = await runCommand(sandbox, ['sh', '-c', script], { cwd: '/', stdin: 'input' });
  expect([stdout.toString(), exitCode]).toEqual(['begun\ninput', 0]);
  expect(readFileSync(join(folder, 'runs'), 'utf8').trim().split('\n')).toHaveLength(1);
});

test('a network that is away for too long is an error that no agent can cause', async () => {
  patience.mostMs = 300;
  await using sandbox = await backend.create(specOf());
  for (const method of ['TaskExecStdioRead', 'TaskExecWait'])
    fake.faults.push({ method, ...cut, times: 1000 });
  const process = await sandbox.exec(['true'], { cwd: '/' });
  expect(await failure(process.wait())).toEqual({
    ...{ code: 'MODAL_UNREACHABLE', message: 'Modal does not answer: no route', retryable: true },
  });
  await expect(text(process.stdout as ReadableStream)).rejects.toMatchObject({ fromOutside: true });
});

test('a token for commands that is not good any more is replaced', async () => {
  await using sandbox = await backend.create(specOf());
  await runScript(sandbox, 'true');
  fake.faults.push({ method: 'TaskExecStart', code: status.unauthenticated, times: 1 });
  fake.calls.clear();
  expect((await runScript(sandbox, 'echo well')).stdout.toString()).toBe('well\n');
  expect(fake.calls.get('SandboxGetCommandRouterAccess')).toBe(1);
});

test.for([
  ['terminated', 'was terminated from outside', true],
  ['timeout', 'reached the end of its lifetime of 12 minutes', true],
  ['killedFromWithin', 'ended by itself (exit code 137)', false],
] as const)(
  'a sandbox that ends (%s) says so, to what runs and to what starts',
  async ([way, reason, isOutside]) => {
    await using sandbox = await backend.create(specOf());
    const process = await sandbox.exec(['sleep', '60'], { cwd: '/' });
    const [fakeSandbox] = fake.running();
    if (fakeSandbox) await fake.end(fakeSandbox, way);
    const expectedLoss = {
      code: 'SANDBOX_LOST',
      message: `The sandbox ${sandbox.id} ${reason}.`,
      retryable: false,
    };
    expect(await failure(process.wait())).toEqual(expectedLoss);
    expect(await failure(sandbox.exec(['true']))).toEqual(expectedLoss);
    await expect(sandbox.exec(['true'])).rejects.toMatchObject({ fromOutside: isOutside });
  },
);

test('a worker that is gone for good is noticed', async () => {
  backend.checkLostEveryMs = 50;
  await using sandbox = await backend.create(specOf());
  fake.faults.push({ method: 'TaskExecWait', code: status.unavailable });
  const process = await sandbox.exec(['sleep', '60'], { cwd: '/' });
  const [fakeSandbox] = fake.running();
  if (fakeSandbox) await fake.end(fakeSandbox, 'terminated');
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
  const hint = 'Run cooperbench config modal to see how to get one.';
  await expect(backend.preflight({})).rejects.toMatchObject({ hint });
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
