import { AgentError } from '@cooperbench/core';
import { fakeSeat, hostSandbox } from '@cooperbench/testing';
import {
  echoAgent,
  type ProviderAnswer,
  type ProviderRequest,
  providerKey,
  scriptedProvider,
} from '@cooperbench/testing/frameworks';
import { expect, test } from 'vitest';
import type { HostLimits } from '../limits.ts';
import { type Framework, failedWork } from './framework.ts';
import { type SandboxWork, workInSandbox } from './work-in-sandbox.ts';

const env = { COOPERBENCH_API_KEY: providerKey };

/** Returns what comes of a framework in a sandbox, or what it throws. */
async function outcome(
  work: (sandbox: SandboxWork) => Promise<void>,
  script: Parameters<typeof scriptedProvider>[0] = [{ text: 'Done.' }],
  hostLimits: Partial<HostLimits> = {},
): Promise<unknown> {
  await using provider = await scriptedProvider(script);
  await using workspace = await hostSandbox();
  const { context } = fakeSeat(workspace, { model: 'gpt-4o', baseUrl: provider.url });
  return await workInSandbox(context, work, { env, hostLimits }).catch((error: unknown) => error);
}

/** Returns the failure of a framework whose work counts. */
const failed = (message: unknown) => ({ code: 'AGENT_FAILED', scope: 'work', message });

/** Starts a program in the sandbox that makes these requests in turn, and then runs `end`. */
const asking =
  (end: string, ...bodies: readonly string[]) =>
  ({ start, modelUrl, gateway }: SandboxWork): Promise<Framework> => {
    const program = `(async () => {
      const headers = { authorization: process.env.KEY };
      for (const body of process.argv.slice(1))
        await fetch(process.env.URL, { method: 'POST', headers, body }).then((answer) => answer.text());
      ${end};
    })()`;
    return start(['node', '-e', program, ...bodies], {
      env: { URL: `${modelUrl}/v1/chat/completions`, KEY: `Bearer ${gateway.token}` },
    });
  };

/** Asks the model once and exits with `code`. */
const ask = (code: number) => async (sandbox: SandboxWork) =>
  (await asking(`process.exit(${code})`, '{}')(sandbox)).waitForEnd();

const run =
  (...argv: string[]) =>
  async ({ start }: SandboxWork): Promise<void> =>
    (await start(argv)).waitForEnd();

test.for([
  ['cannot start', run('no-such-framework'), /no-such-framework exited with 127/],
  ['fails', run('sh', '-c', 'echo no memory >&2; exit 3'), /: sh exited with 3: no memory$/],
  ['ends well', run('true'), /: it does not say why$/],
] as const)('a framework that %s before its model has answered is not scored', async ([, work, reason]) => {
  const error = await outcome(work);
  expect(AgentError.is(error) && [error.code, error.scope]).toEqual(['AGENT_START', 'seat']);
  expect(String(error)).toMatch(reason);
});

test('a framework that ends well without an answer, because the model is away, is not scored', async () => {
  expect(await outcome(ask(0), [{ status: 503 }])).toMatchObject({ code: 'AGENT_MODEL_UNAVAILABLE' });
});

test('a framework that ends well although the model is away is not scored', async () => {
  const work = async (sandbox: SandboxWork) => (await asking('', '{}', odd)(sandbox)).waitForEnd();
  const away = (_: ProviderRequest, n: number): ProviderAnswer =>
    n === 0 ? { text: 'Done.' } : { status: 503 };
  expect(await outcome(work, away)).toMatchObject({ code: 'AGENT_MODEL_UNAVAILABLE' });
});

test('a framework that ends well although the model refused its last request is scored, and says so', async () => {
  const work = async (sandbox: SandboxWork) => (await asking('', '{}', odd)(sandbox)).waitForEnd();
  const reason = 'the last request to the model failed: too much (HTTP 400)';
  expect(await outcome(work, failing(400))).toMatchObject(failed(reason));
});

test('a framework that fails after an answer is scored', async () => {
  expect(await outcome(ask(4))).toMatchObject(failed('node exited with 4'));
});

const odd = '{"user":"odd"}';
const isOdd = ({ body }: ProviderRequest): boolean => body.user === 'odd';

/** The model answers, and then the agent makes its own request and kills the framework. */
const provoke = async (sandbox: SandboxWork) =>
  (await asking("process.kill(process.pid, 'SIGKILL')", '{}', odd)(sandbox)).waitForEnd();

/** A provider that fails the request of the agent, and of the gateway's own requests those whose number is named. */
const failing =
  (status: number, own: readonly number[] = []) =>
  (providerRequest: ProviderRequest, n: number): ProviderAnswer =>
    isOdd(providerRequest) || own.includes(n - 1) ? { status, message: 'too much' } : { text: 'Done.' };

test.for([500, 408, 429])(
  'an agent that provokes a %i of the provider by one request and kills its framework is scored',
  async (status) => {
    const reason = `node exited with 137; the last request to the model failed: too much (HTTP ${status})`;
    expect(await outcome(provoke, failing(status))).toMatchObject(failed(reason));
  },
);

test.for([
  ['is down', failing(503, [1])],
  ['is overloaded, and answers some requests', failing(529, [3])],
  ['limits requests', failing(429, [1, 2])],
] as const)('a framework that gives up while the provider %s is not scored', async ([, script]) => {
  expect(await outcome(provoke, script)).toMatchObject({ code: 'AGENT_MODEL_UNAVAILABLE', scope: 'seat' });
});

test('an outage that meets only long requests is not the fault of the agent that sends them', async () => {
  const long = JSON.stringify({ messages: [{ role: 'user', content: 'x'.repeat(50_000) }] });
  const work = async (sandbox: SandboxWork) =>
    (await asking('process.exit(1)', '{}', long, long)(sandbox)).waitForEnd();
  const overloaded = ({ body }: ProviderRequest, n: number): ProviderAnswer =>
    n > 1 && JSON.stringify(body).length > 10_000 ? { status: 500 } : { text: 'Done.' };
  expect(await outcome(work, overloaded)).toMatchObject({
    code: 'AGENT_MODEL_UNAVAILABLE',
    message: expect.stringContaining('(HTTP 500)'),
  });
});

test.for([
  ['outputBytes', "process.stdout.write('x'.repeat(1_000_000))", { outputBytes: 100_000 }],
  ['events', "for (let n = 0; n < 1000; n += 1) console.log('{}')", { events: 100 }],
] as const)(
  'a framework that passes the limit %s ten times ends its own seat only',
  async ([limit, print, hostLimits]) => {
    const work = async (sandbox: SandboxWork): Promise<void> => {
      const framework = await asking(`${print}; setInterval(() => {}, 1000)`, '{}')(sandbox);
      await framework.readEvents({ record: () => {} }, () => {});
      await framework.waitForEnd();
    };
    const [hostile, other] = await Promise.all([outcome(work, undefined, hostLimits), outcome(ask(0))]);
    expect(hostile).toMatchObject({
      code: 'SEAT_LIMIT',
      message: expect.stringContaining(`The seat passed its limit "${limit}": at most`),
    });
    expect(other).toEqual({ status: 'Completed' });
  },
);

test('a framework that gives up on a provider that has fallen silent is not scored', async () => {
  const firstRequest = Promise.withResolvers<void>();
  const work = async (sandbox: SandboxWork): Promise<void> => {
    await asking('', '{}', odd)(sandbox);
    await firstRequest.promise;
    throw failedWork('it gave up');
  };
  const silent = (request: ProviderRequest, n: number): ProviderAnswer => {
    if (isOdd(request)) firstRequest.resolve();
    return isOdd(request) ? 'silence' : n === 0 ? { text: 'Done.' } : { status: 503 };
  };
  expect(await outcome(work, silent)).toMatchObject({ code: 'AGENT_MODEL_UNAVAILABLE' });
});

test('a key that the provider finally refuses stops the run', async () => {
  const refusing = (providerRequest: ProviderRequest, n: number): ProviderAnswer =>
    isOdd(providerRequest) ? { status: 503 } : n === 0 ? { text: 'Done.' } : { status: 401 };
  expect(await outcome(provoke, refusing)).toMatchObject({ code: 'AGENT_AUTHENTICATION', scope: 'run' });
});

test('an agent that kills the forwarder of its tunnel has ended its own work', async () => {
  const command = 'echo made > made.txt; kill -9 $(cut -d " " -f 4 /proc/$PPID/stat); sleep 60';
  const turn = { toolCalls: [{ name: 'bash', arguments: { command } }] };
  await using provider = await scriptedProvider([turn]);
  await using workspace = await hostSandbox();
  const { context } = fakeSeat(workspace, { model: 'gpt-4o', baseUrl: provider.url });
  await expect(echoAgent(env).run('Work.', context)).rejects.toMatchObject(
    failed(expect.stringMatching(/^Code in the sandbox ended the tunnel: .*137/)),
  );
  expect(Buffer.from(await workspace.readFile(`${workspace.repoDir}/made.txt`)).toString()).toBe('made\n');
});
