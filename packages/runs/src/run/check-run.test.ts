import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AgentDefinition, type Backend, ConfigError, type Plugin } from '@cooperbench/core';
import { hostBackend, shellTask } from '@cooperbench/testing';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { tokens } from '../container.ts';
import type { RunOptions } from '../options/options.ts';
import type { RunCheck } from './check-run.ts';
import { evaluatingContainer } from './evaluated.test.support.ts';

let datasetDir: string;
let logsDir: string;
beforeEach(() => {
  datasetDir = shellTask();
  logsDir = mkdtempSync(join(tmpdir(), 'cooperbench-logs-'));
});
afterEach(() => {
  for (const path of [datasetDir, logsDir]) rmSync(path, { recursive: true, force: true });
});

const layer = { key: 'tool', install: 'true', check: 'true' };
/** Refuses the model `locked`, and knows no price of `free`. */
const agent: AgentDefinition = {
  layers: () => [layer],
  create: () => ({
    preflight: async ({ model }) => {
      if (model === 'locked') throw new ConfigError('MODEL_KEY_MISSING', 'No key for locked.');
      return [`Requests for ${model} go out.`];
    },
    knowsPrice: async ({ model, price }) => model !== 'free' || price !== undefined,
    run: async () => expect.fail('nothing runs'),
  }),
};

function runs(backend: Partial<Backend> = {}) {
  const whole = { ...hostBackend(), create: () => expect.fail('no sandbox'), ...backend } as Backend;
  const plugin: Plugin = {
    name: 'p',
    apiVersion: 1,
    agents: { a: agent },
    backends: { host: { create: () => whole } },
  };
  return evaluatingContainer([plugin]).get(tokens.runs);
}

const check = (options: RunOptions, backend?: Partial<Backend>): Promise<RunCheck> =>
  runs(backend).check({
    ...{ runName: 'x', agent: 'a', backend: 'host', features: [1, 2], modelName: 'm', datasetDir, logsDir },
    ...options,
  });

const codes = ({ problems }: RunCheck) => problems.map(({ code }) => code);

test('a run that would start has no problems, and nothing is written', async () => {
  const { plan, done, problems, notices, unpriced, images } = await check({});
  expect({ done: done.size, problems, notices, unpriced: unpriced.size, images }).toEqual({
    ...{ done: 0, problems: [], unpriced: 0, images: [] },
    notices: [{ level: 'info', text: 'Requests for m go out.' }],
  });
  expect(existsSync(plan.runDir)).toBe(false);
});

test('every problem is found, not only the first', async () => {
  const refusing = {
    preflight: async (): Promise<never> => {
      throw new ConfigError('NO_DAEMON', 'No daemon.');
    },
  };
  const seats = { agent1: { model: 'locked' }, agent2: { model: 'free' } };
  expect(codes(await check({ seats, maxCostUsd: 1 }, refusing))).toEqual([
    'MODEL_KEY_MISSING',
    'PRICE_UNKNOWN',
    'NO_DAEMON',
  ]);
});

test('a backend is asked for what the tasks need, for agents and for tests', async () => {
  const taskFile = join(datasetDir, 'shell_task/task1/task.json');
  writeFileSync(taskFile, JSON.stringify({ cpus: 4, memory_mib: 512 }));
  const requests: unknown[] = [];
  const refusing = {
    preflight: async ({ cpus, memoryMiB }: { cpus?: number; memoryMiB?: number }): Promise<never> => {
      requests.push([cpus, memoryMiB]);
      throw new ConfigError('SANDBOX_RESOURCES', 'Too much.');
    },
  } as Partial<Backend>;
  expect(codes(await check({}, refusing))).toContain('SANDBOX_RESOURCES');
  expect(requests).toEqual(requests.map(() => [4, 512]));
  rmSync(taskFile);
  requests.length = 0;
  await check({}, refusing);
  expect(requests[0]).toEqual([undefined, undefined]);
});

test('a price that is not known leaves a model without a limit, until the user states it', async () => {
  const seats = { agent2: { model: 'free' } };
  expect([...(await check({ seats })).unpriced]).toEqual(['free']);
  expect([...(await check({ seats, prices: { free: { input: 1, output: 1 } } })).unpriced]).toEqual([]);
});

test('a backend that does not say which network its sandboxes have is named once', async () => {
  const { problems, notices } = await check({}, { resolveNetwork: undefined } as never);
  const text =
    'The backend "host" of plugin p does not say which network its sandboxes have: the network none may not be enforced, and results record it as unknown.';
  expect(problems).toEqual([]);
  expect(notices.filter(({ level }) => level === 'warning')).toEqual([{ level: 'warning', text }]);
});

test('what takes long is said while it does', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const lines: string[] = [];
  const onEvent: RunOptions['onEvent'] = (event) =>
    void lines.push(event.type === 'notice' ? event.text : '');
  const preflight = async (): Promise<string[]> => {
    await vi.advanceTimersByTimeAsync(9000);
    expect(lines).toEqual([]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(lines).toHaveLength(1);
    return [];
  };
  const { notices, problems } = await check({ onEvent, autoEval: false }, { preflight });
  expect(problems).toEqual([]);
  expect(lines).toEqual(['Waiting: The backend "host" of plugin p has not said yet that it is ready.']);
  expect(notices.map(({ text }) => text)).toEqual(['Requests for m go out.']);
});

test('results of other options, and a run that another process uses, are problems', async () => {
  const runDir = join(logsDir, 'x');
  const trial = join(runDir, 'coop/shell_task/1/f1_f2');
  mkdirSync(trial, { recursive: true });
  const agents = { agent1: { status: 'Completed' } };
  writeFileSync(
    join(trial, 'result.json'),
    JSON.stringify({ setting: 'coop', agents, config_hash: 'other' }),
  );
  writeFileSync(join(runDir, '.lock'), JSON.stringify({ host: 'elsewhere', pid: 1 }));
  expect(codes(await check({}))).toEqual(['RUN_LOCKED', 'RUN_DIFFERS']);
});

test('images of trials to come are looked for, with the software of the agent', async () => {
  const requests: unknown[] = [];
  const backend: Partial<Backend> = {
    prepare: async () => expect.fail('nothing is pulled'),
    hasImage: async ({ image, layers }) => {
      requests.push([image, layers]);
      return false;
    },
  };
  const { images } = await check({}, backend);
  const [{ image } = { image: '' }] = images;
  expect(images).toEqual([{ image, backend: 'host', present: false }]);
  expect(requests).toEqual([[image, [layer]]]);
  const { hasImage: _, ...silent } = backend;
  expect((await check({}, silent)).images).toEqual([{ image, backend: 'host', present: null }]);
});
