import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AgentContext,
  type AgentResult,
  type Channel,
  mustRun,
  type OpenChannel,
} from '@cooperbench/core';
import { defaultTimeLimits, type TimeLimits } from '@cooperbench/core/host';
import type { ResultFile, RunEvent } from '@cooperbench/records';
import { brokenBackend, hostBackend, shellTask } from '@cooperbench/testing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { tokens } from '../container.ts';
import type { RunOptions } from '../options/options.ts';
import { evaluatingContainer } from './evaluated.test.support.ts';
import type { RunOutcome } from './run.ts';

let datasetDir: string;
let logsDir: string;
let events: RunEvent[];
let own: Partial<OpenChannel>;
let more: (context: AgentContext) => void;
let limits: TimeLimits;

beforeEach(() => {
  datasetDir = shellTask({ features: [1, 2, 3, 4] });
  logsDir = mkdtempSync(join(tmpdir(), 'cooperbench-logs-'));
  events = [];
  own = {};
  limits = defaultTimeLimits;
  more = () => {};
});
afterEach(() => {
  for (const path of [datasetDir, logsDir]) rmSync(path, { recursive: true, force: true });
});

async function run(options: RunOptions = {}): Promise<RunOutcome> {
  const work = async (_task: string, context: AgentContext): Promise<AgentResult> => {
    const tokens = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
    context.record({ type: 'usage', usage: { costUsd: 0.5, ...tokens } });
    await mustRun(context.workspace, ['sh', '-c', 'echo more >> lib.txt'], { signal: context.signal });
    more(context);
    return { status: 'Completed' };
  };
  const trialChannel = (): OpenChannel => ({
    run: async () => ({}),
    instructions: () => '',
    async [Symbol.asyncDispose]() {},
    ...own,
  });
  const channel: Channel = { commands: [], open: async () => trialChannel() };
  const host = hostBackend();
  const outcome = await evaluatingContainer([
    {
      ...{ name: 'p', apiVersion: 1 },
      agents: { a: { create: () => ({ run: work }) } },
      backends: { h: { create: () => host } },
      channels: { c: { create: () => channel } },
    },
  ])
    .provide(tokens.limits, () => limits)
    .get(tokens.runs)
    .run({
      ...{ runName: 'x', agent: 'a', backend: 'h', channels: ['c'], autoEval: false, datasetDir, logsDir },
      onEvent: (event) => events.push(event),
      ...options,
    });
  expect(host.open).toBe(0);
  return outcome;
}

const trial = (pair = 'f1_f2'): string => join(logsDir, 'x/coop/shell_task/1', pair);
const result = (pair?: string): ResultFile =>
  JSON.parse(readFileSync(join(trial(pair), 'result.json'), 'utf8'));
const one = { features: [1, 2] };

test('results are on disk before a channel is disposed', async () => {
  let there: boolean | undefined;
  own[Symbol.asyncDispose] = async () => {
    there ??= existsSync(join(trial(), 'result.json')) && existsSync(join(trial(), 'agent1.patch'));
  };
  await run(one);
  expect(there).toBe(true);
});

test('three paid trials that are lost in a row pause a run, and never end it', async () => {
  limits = { ...defaultTimeLimits, pause: 50 };
  own.leave = () => Promise.reject(new Error('boom'));
  const { stopped, summary } = await run({ concurrency: 1 });
  expect(stopped).toBeUndefined();
  expect(summary).toMatchObject({ total_tasks: 6, failed: 6, total_cost: 6 });
  const paused = events.filter(
    (event) => event.type === 'notice' && event.text.startsWith('3 trials in a row'),
  );
  expect(paused).toHaveLength(1);
  expect(readFileSync(join(trial(), 'agent1.patch'), 'utf8')).toContain('+more');
  own = {};
  expect((await run({ concurrency: 1 })).summary).toMatchObject({ total_tasks: 6, failed: 0, skipped: 0 });
});

test('a fault that costs nothing, or that comes now and then, does not stop a run', async () => {
  let trials = 0;
  own.leave = async (seat) => {
    if (seat !== 'agent1') return;
    trials += 1;
    if (trials % 2 === 0) throw new Error('boom');
  };
  const now = await run({ concurrency: 1 });
  expect(now.stopped).toBeUndefined();
  expect(now.summary).toMatchObject({ total_tasks: 6, failed: 3 });
  own.join = () => Promise.reject(new Error('boom'));
  own.instructions = () => {
    throw new Error('boom');
  };
  const before = await run({ concurrency: 1, force: true });
  expect(before.stopped).toBeUndefined();
  expect(before.summary).toMatchObject({ total_tasks: 6, failed: 6, total_cost: now.summary.total_cost });
});

test('a trajectory that no file can hold fails its seat, and the other trials do not notice', async () => {
  more = ({ record, features, seat, trial }) => {
    if (seat !== 'agent1' || !trial.endsWith('f1_f2')) return;
    const calls = [{ id: '1', name: 'bash', arguments: { features, size: 1n } }];
    record({ type: 'message', message: { role: 'assistant', content: '', timestamp: 1, tool_calls: calls } });
  };
  const { stopped, summary } = await run({ features: undefined });
  expect(stopped).toBeUndefined();
  expect(summary).toMatchObject({ total_tasks: 6, failed: 1 });
  expect(result().agents).toMatchObject({
    agent1: { status: 'Error', cost: 0.5, patch_lines: 1, error: expect.stringContaining('BigInt') },
    agent2: { status: 'Completed', patch_lines: 1 },
  });
  expect(readFileSync(join(trial(), 'agent1.patch'), 'utf8')).toContain('+more');
});

test.for([
  ['a value that no file can hold', (): unknown => ({ size: 1n })],
  ['a list', (): unknown => []],
  ['nothing', (): unknown => undefined],
] as const)('metrics that are %s are left out', async ([, metrics]) => {
  own.metrics = metrics as never;
  expect((await run(one)).summary).toMatchObject({ completed: 1, failed: 0 });
  const warnings = events.filter((event) => event.type === 'notice' && event.level === 'warning');
  expect(warnings).toMatchObject([{ text: expect.stringContaining('"c" of plugin p failed in metrics: ') }]);
});

test('an event of a channel that cannot be written is left out', async () => {
  const emitting: Channel = {
    commands: [],
    async open({ emit }) {
      for (const event of [undefined, { type: 'message' }, { type: 'activity', text: 1n }])
        emit(event as never);
      return { run: async () => ({}), instructions: () => '', async [Symbol.asyncDispose]() {} };
    },
  };
  own.instructions = () => '';
  const host = hostBackend();
  const { summary } = await evaluatingContainer([
    {
      ...{ name: 'p', apiVersion: 1, backends: { h: { create: () => host } } },
      channels: { c: { create: () => emitting } },
    },
  ])
    .get(tokens.runs)
    .run({
      ...{ runName: 'x', agent: 'nop', backend: 'h', channels: ['c'], autoEval: false, datasetDir, logsDir },
      ...one,
      onEvent: (event) => events.push(event),
    });
  expect(summary).toMatchObject({ completed: 1 });
  const texts = events.flatMap((event) => (event.type === 'notice' ? [event.text] : []));
  const start = 'coop/shell_task/1/f1_f2: The channel "c" of plugin p emitted an invalid event: ';
  expect(texts).toEqual([
    `${start}it lacks type.`,
    `${start}it lacks id, from, to, text, accepted_by.`,
    `${start}Do not know how to serialize a BigInt`,
  ]);
});

test.for([
  ['throws', () => expect.fail('no')],
  ['rejects', () => Promise.reject(new Error('no'))],
] as const)('a listener that %s loses its events, and the run goes on', async ([, onEvent]) => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  try {
    const mock = vi.fn(onEvent as () => void);
    expect((await run({ ...one, onEvent: mock })).summary).toMatchObject({ completed: 1 });
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toBe(
      "A listener of the run's events failed and gets no more of them: no",
    );
  } finally {
    warn.mockRestore();
  }
});

test('a trial whose folder cannot be made, or that finds a file in its place, stops no other', async () => {
  cpSync(join(datasetDir, 'shell_task/task1'), join(datasetDir, 'shell_task/task2'), { recursive: true });
  mkdirSync(join(trial(), '..'), { recursive: true });
  writeFileSync(trial(), 'a file');
  writeFileSync(join(logsDir, 'x/coop/shell_task/2'), 'a file');
  const { stopped, summary } = await run({ ...one, concurrency: 1 });
  expect(result().agents?.agent1?.status).toBe('Completed');
  const aside = readdirSync(join(trial(), '..')).filter((name) => name.startsWith('f1_f2.broken-'));
  expect(aside.map((name) => readFileSync(join(trial(), '..', name), 'utf8'))).toEqual(['a file']);
  expect(stopped).toMatchObject({ message: expect.stringContaining('ENOTDIR') });
  expect(summary).toMatchObject({ total_tasks: 1, completed: 1 });
  expect(events.filter(({ type }) => type === 'trial_finished')).toHaveLength(1);
});

test.for(['full disk', 'killed'] as const)('a machine with a fault gives no verdict: %s', async (fault) => {
  for (const moment of ['run_started', 'evaluation_started'] as const) {
    let isBroken = false;
    const backend = brokenBackend(hostBackend(), fault, () => isBroken);
    const plugin = { name: 'p', apiVersion: 1 as const, backends: { h: { create: () => backend } } };
    const runOracle = (onEvent?: (event: RunEvent) => void) =>
      evaluatingContainer([plugin], { defaults: { agents: 'oracle', backends: 'h' } })
        .get(tokens.runs)
        .run({ runName: moment, datasetDir, logsDir, ...one, onEvent });
    const { summary } = await runOracle(({ type }) => {
      if (type === moment) isBroken = true;
    });
    expect(summary).toMatchObject({ total_tasks: 1, pass_rate: null });
    isBroken = false;
    expect((await runOracle()).summary).toMatchObject({ total_tasks: 1, pass_rate: 1 });
  }
});
