import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Agent,
  type AgentContext,
  type Backend,
  type NetworkPolicy,
  runCommand,
  runJobsInSandboxes,
  type SandboxNetwork,
  type SandboxSpec,
} from '@cooperbench/core';
import tests from '@cooperbench/evaluator-tests';
import { createTestsEvaluator } from '@cooperbench/evaluator-tests/parts';
import { createContainer, type EvaluateOptions, type RunOptions, tokens } from '@cooperbench/runs';
import { hostBackend, passingCheck, shellTask } from '@cooperbench/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRegistriesNetwork } from './registries-network.ts';

/** A runner that installs before it tests, as those of most public tasks do: directly, or by the proxy. */
const installing = `node -e '
const { hostname, port } = new URL(process.env.http_proxy || process.env.DIRECT || "http://127.0.0.1:1");
require("http").get({ hostname, port, path: "http://pypi.org/simple/", agent: false }, (answer) => answer.resume())
  .on("error", () => process.exit(1));' || exit 1
${passingCheck}`;

let registry: Server;
let root: string;
let dataset: string;
let specs: SandboxSpec[];
let behave: (context: AgentContext) => Promise<void>;
let batch: boolean;
/** The network of the plugin. Undefined means the real one. Null: the plugin has none. */
let network: SandboxNetwork | undefined | null;
/**
 * What sandboxes of the backend get, whatever they ask for. Undefined means what they ask for. Unknown: the backend does not
 * say.
 */
let actual: 'open' | 'none' | 'host' | 'unknown' | undefined;

const agent: Agent = {
  async run(_task, context) {
    context.record({ type: 'step' });
    for (const id of context.features)
      await runCommand(context.workspace, ['sh', '-c', `echo feature ${id} >> lib.txt`]);
    await behave(context);
    return { status: 'Completed' };
  },
};

/** Gives sandboxes with the network `open` the address of the registry. */
function backend(): Backend {
  const host = hostBackend();
  const create: Backend['create'] = async (spec, options) => {
    specs.push(spec);
    const sandbox = await host.create(spec, options);
    if (spec.network !== 'open') return sandbox;
    const DIRECT = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;
    return {
      ...sandbox,
      exec: (argv, more) => sandbox.exec(argv, { ...more, env: { DIRECT, ...more?.env } }),
    };
  };
  const resolveNetwork: Backend['resolveNetwork'] = async (asked) => actual ?? asked;
  if (!batch) return { create, ...(actual !== 'unknown' && { resolveNetwork }) };
  return {
    create,
    resolveNetwork,
    runJobs: (jobs, options) => runJobsInSandboxes({ create }, jobs, options),
  };
}

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'cooperbench-network-'));
  [specs, behave, batch, actual, network] = [[], async () => {}, false, undefined, undefined];
  registry = createServer((_asked, answer) => answer.end()).listen(0, '127.0.0.1');
  await once(registry, 'listening');
  task();
});
afterEach(() => {
  registry.close();
  for (const folder of [root, dataset]) rmSync(folder, { recursive: true });
});

function task(network?: NetworkPolicy): void {
  if (dataset !== undefined) rmSync(dataset, { recursive: true, force: true });
  dataset = shellTask({ check: installing, taskJson: { timeout_seconds: 60, ...(network && { network }) } });
}

function runs() {
  const { port } = registry.address() as AddressInfo;
  const dial = async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  };
  const plugin = {
    ...{ name: 'p', version: '1.0.0', apiVersion: 1 as const },
    agents: { doer: { create: () => agent, untrusted: () => false } },
    backends: { here: { create: backend } },
    // A task that is not usable is tried again at once.
    evaluators: { tests: { create: () => createTestsEvaluator([1]) } },
    mergePolicies: tests().mergePolicies ?? {},
  };
  const networks = { registries: { create: () => network ?? createRegistriesNetwork(dial) } };
  const networkPlugin = { name: 'n', version: '2.0.0', apiVersion: 1 as const, networks };
  return createContainer(network === null ? [plugin] : [plugin, networkPlugin]).get(tokens.runs);
}

const run = (overrides: Partial<RunOptions> = {}) =>
  runs().run({
    ...{ runName: 'x', setting: 'solo', agent: 'doer', backend: 'here', datasetDir: dataset, logsDir: root },
    ...overrides,
  });
const evaluate = (overrides: Partial<EvaluateOptions> = {}) =>
  runs().evaluate({ runName: 'x', datasetDir: dataset, logsDir: root, ...overrides });
const file = (name: string) => JSON.parse(readFileSync(join(root, 'x', name), 'utf8'));
const trial = 'solo/shell_task/1/f1_f2';

describe('a runner that needs a registry', () => {
  test('passes by default, with the network open', async () => {
    await run();
    expect(specs.map(({ network }) => network)).toEqual(['open', 'open']);
    expect(file(`${trial}/result.json`)).toMatchObject({ network: 'open' });
    expect(file(`${trial}/eval.json`)).toMatchObject({ network: 'open', both_passed: true });
  });

  test('passes under registries, in sandboxes without network', async () => {
    await run({ network: 'registries', evalNetwork: 'registries' });
    expect(specs.map(({ network }) => network)).toEqual(['none', 'none']);
    expect(file(`${trial}/eval.json`)).toMatchObject({ network: 'registries', both_passed: true });
  });

  test('does not pass under none, which its task may name', async () => {
    task('none');
    await run();
    // The control has sandboxes as well, and runs no test either.
    expect(new Set(specs.map(({ network }) => network))).toEqual(new Set(['none']));
    expect(file(`${trial}/eval.json`)).toMatchObject({ network: 'none', error_code: 'TASK_UNUSABLE' });
    // The user's choice wins, for agents and for tests apart.
    await evaluate({ evalNetwork: 'open' });
    expect(file(`${trial}/eval.json`)).toMatchObject({ network: 'open', both_passed: true });
  });
});

test.for(['host', 'unknown'] as const)(
  'a result and a verdict name the network that there was, not the one that was asked for: %s',
  async (network) => {
    actual = network;
    await run({ network: 'none', evalNetwork: 'registries' });
    expect(file(`${trial}/result.json`)).toMatchObject({ network });
    expect(file(`${trial}/eval.json`)).toMatchObject({ network });
  },
);

test('a result and a verdict have the version of the network plugin when they used it', async () => {
  await run({ network: 'registries' });
  expect(file(`${trial}/result.json`).versions).toMatchObject({ n: '2.0.0', p: '1.0.0' });
  expect(file('config.json').versions).toMatchObject({ n: '2.0.0' });
  expect(file(`${trial}/eval.json`).versions).not.toHaveProperty('n');
  await evaluate({ evalNetwork: 'registries' });
  expect(file(`${trial}/eval.json`).versions).toMatchObject({ n: '2.0.0', p: '1.0.0' });
});

test('the network of agents identifies a run', async () => {
  await run({ network: 'none', autoEval: false });
  expect(file('config.json').settings.solo.identity).toMatchObject({ network: 'none', registries: null });
  await expect(run({ network: 'open', autoEval: false })).rejects.toMatchObject({
    code: 'RUN_DIFFERS',
    message: expect.stringContaining('network: was "none", is "open"'),
  });
  await expect(run({ autoEval: false })).rejects.toThrow('network: was "none", is each task\'s own');
});

test('a verdict stays until the network of its tests, or its list of hosts, changes', async () => {
  await run({ evalNetwork: 'registries', registries: ['a.example.org'] });
  const verdict = () => file(`${trial}/eval.json`).evaluated_at;
  const first = verdict();
  // The run recorded both.
  await evaluate();
  expect(verdict()).toBe(first);
  await evaluate({ registries: ['b.example.org'] });
  const second = verdict();
  expect(second).not.toBe(first);
  await evaluate({ registries: ['b.example.org'], evalNetwork: 'open' });
  expect(verdict()).not.toBe(second);
});

test('attempts elsewhere are events of the trial', async () => {
  behave = async ({ workspace }) => {
    const script =
      'const { hostname, port } = new URL(process.env.http_proxy); require("http").get({ hostname, port, path: "http://github.com/x", agent: false }, (a) => a.resume())';
    await runCommand(workspace, ['node', '-e', script]);
  };
  await run({ network: 'registries', autoEval: false });
  const lines = readFileSync(join(root, 'x', trial, 'events.jsonl'), 'utf8')
    .trim()
    .split('\n');
  expect(lines.map((line) => JSON.parse(line))).toContainEqual(
    expect.objectContaining({ type: 'network_refused', seat: 'solo', target: 'github.com:80' }),
  );
});

test('a seat that floods the proxy ends at the limit, and its patch counts', async () => {
  behave = async ({ workspace, signal }) => {
    const flood =
      'const { port } = new URL(process.env.http_proxy); const open = () => require("net").connect(port, "127.0.0.1").on("error", () => {}).on("connect", function () { this.resetAndDestroy(); }).on("close", () => setImmediate(open)); for (let n = 0; n < 60; n += 1) open();';
    await runCommand(workspace, ['node', '-e', flood], { signal });
  };
  await run({ network: 'registries' });
  expect(file(`${trial}/result.json`).agent).toMatchObject({
    status: 'LimitsExceeded',
    error:
      'The seat passed its limit "tunnelConnectionsPerSecond": at most 500 connections a second in a tunnel.',
  });
  expect(file(`${trial}/eval.json`)).toMatchObject({ both_passed: true });
});

test.for([
  [
    'throws',
    async () => {
      throw new Error('no way');
    },
    'no way',
  ],
  ['returns nothing', async () => undefined as never, 'connect() returned undefined'],
] as const)('a network that %s costs its trial, not the run', async ([, connect, reason]) => {
  network = { connect };
  const { summary } = await run({ network: 'registries', autoEval: false });
  expect(summary).toMatchObject({ failed: 1, total_cost: 0 });
  expect(file(`${trial}/result.json`).agent.error).toContain(
    'The network "registries" of plugin n failed in connect',
  );
  expect(file(`${trial}/result.json`).agent.error).toContain(reason);
});

test('a seat is disconnected before its sandbox goes, and a fault in that is a matter of its own', async () => {
  const order: string[] = [];
  network = {
    connect: async (workspace) => ({
      workspace,
      async [Symbol.asyncDispose]() {
        order.push(`disconnected ${(await runCommand(workspace, ['true'])).exitCode}`);
        throw new Error('it fails');
      },
    }),
  };
  const { summary } = await run({ network: 'registries', autoEval: false });
  expect(summary).toMatchObject({ completed: 1 });
  expect(order).toEqual(['disconnected 0']);
});

describe('before anything is paid for', () => {
  test('registries is refused without a plugin that has it', async () => {
    network = null;
    const unknown = { code: 'UNKNOWN_NETWORK', message: 'There is no network "registries".' };
    await expect(run({ network: 'registries' })).rejects.toMatchObject(unknown);
    const { problems } = await runs().check({
      ...{ runName: 'y', setting: 'solo', agent: 'doer', backend: 'here', datasetDir: dataset },
      ...{ logsDir: root, network: 'registries' },
    });
    expect(problems).toMatchObject([unknown]);
    expect(specs).toEqual([]);
  });

  test('registries is refused for tests that run as batch jobs, and fine for agents', async () => {
    batch = true;
    await expect(run({ evalNetwork: 'registries' })).rejects.toMatchObject({
      code: 'NETWORK_UNSUPPORTED',
      message:
        'The backend "here" of plugin p runs evaluations as batch jobs, which cannot have the network "registries".',
    });
    const { problems } = await runs().check({
      ...{
        runName: 'y',
        setting: 'solo',
        agent: 'doer',
        backend: 'here',
        datasetDir: dataset,
        logsDir: root,
      },
      evalNetwork: 'registries',
    });
    expect(problems).toMatchObject([{ code: 'NETWORK_UNSUPPORTED' }]);
    expect(specs).toEqual([]);
    await run({ network: 'registries', evalNetwork: 'none' });
    expect(new Set(specs.map(({ network }) => network))).toEqual(new Set(['none']));
  });

  test('a backend whose sandboxes have no network here refuses tasks that have one', async () => {
    actual = 'none';
    const closed = {
      code: 'NETWORK_CLOSED',
      message:
        'The backend "here" of plugin p gives its sandboxes no network here, but there are tasks with the network "open".',
    };
    await expect(run()).rejects.toMatchObject(closed);
    await expect(run({ network: 'none' })).rejects.toMatchObject(closed);
    expect(specs).toEqual([]);
    await run({ network: 'none', evalNetwork: 'registries' });
    expect(file(`${trial}/eval.json`)).toMatchObject({ network: 'registries', both_passed: true });
    await expect(evaluate({ evalNetwork: 'open' })).rejects.toMatchObject(closed);
  });

  test('a wrong policy or host is refused', async () => {
    await expect(run({ network: 'closed' as NetworkPolicy })).rejects.toThrow(
      'The option network is "closed"; expected one of open, registries, none.',
    );
    await expect(run({ registries: ['127.0.0.1'] })).rejects.toThrow(
      'The option registries is "127.0.0.1"; expected names of hosts, such as pypi.example.org or *.example.org.',
    );
  });
});
