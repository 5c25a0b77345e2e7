import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { delegating, type Evaluator, type MessageBus, type Plugin, type PluginHost } from '@cooperbench/core';
import type { EvaluationFile, ResultFile } from '@cooperbench/records';
import { hostBackend, shellTask } from '@cooperbench/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tokens } from '../container.ts';
import type { RunOptions } from '../options/options.ts';
import { evaluatingContainer } from './evaluated.test.support.ts';

let datasetDir: string;
let logsDir: string;
let plugin: Partial<Plugin>;
let labels: string[];

const runs = () => {
  const host = {
    create: ({ note = '' }: { note?: string }) => {
      labels.push(`host ${note}`);
      return hostBackend();
    },
  };
  const own = { name: 'p', version: '1.0.0', apiVersion: 1, ...plugin } as const;
  return evaluatingContainer([{ ...own, backends: { host, ...plugin.backends } }]).get(tokens.runs);
};
const run = (options: RunOptions = {}) =>
  runs().run({ agent: 'oracle', backend: 'host', runName: 'x', datasetDir, logsDir, ...options });
const read = <T>(name: string): T =>
  JSON.parse(readFileSync(join(logsDir, 'x/coop/shell_task/1/f1_f2', name), 'utf8'));

beforeEach(() => {
  datasetDir = shellTask();
  logsDir = mkdtempSync(join(tmpdir(), 'cooperbench-wrapping-'));
  plugin = {};
  labels = [];
});
afterEach(() => {
  for (const folder of [datasetDir, logsDir]) rmSync(folder, { recursive: true, force: true });
});

interface Inner {
  readonly inner: string;
}
const counting = {
  async create({ inner }: Inner, host: PluginHost) {
    const backend = await host.backend(inner);
    return delegating(backend, {
      create(spec, options) {
        labels.push('create');
        return backend.create(spec, options);
      },
    });
  },
};

describe('a plugin wraps what the user chose', () => {
  test('a backend, which has the options that the user gave for it', async () => {
    plugin = { backends: { counting } };
    const backendOptions = { counting: { inner: 'host' }, host: { note: 'mine' } };
    const { summary } = await run({ backend: 'counting', backendOptions });
    expect(summary).toMatchObject({ completed: 1, eval: { passed: 1 } });
    expect(labels.filter((label) => label === 'host mine')).toHaveLength(1);
    expect(labels.filter((label) => label === 'create').length).toBeGreaterThanOrEqual(2);
  });

  test('a bus and a channel: a channel that carries messages is one whatever its name', async () => {
    const sent: string[] = [];
    plugin = {
      buses: {
        watched: {
          async create(_: unknown, host: PluginHost) {
            const bus: MessageBus = await host.bus('memory');
            return delegating(bus, {
              open(...call) {
                sent.push(call[1]);
                return bus.open(...call);
              },
            });
          },
        },
      },
      channels: {
        loud: {
          usesBus: true,
          carriesMessages: true,
          create: async (_: unknown, host: PluginHost) => delegating(await host.channel('messages'), {}),
        },
      },
    };
    await run({ bus: 'watched', channels: ['loud'], autoEval: false });
    expect(read<ResultFile>('result.json')).toMatchObject({ channels: ['loud'], messaging_enabled: true });
    expect(sent.sort()).toEqual(['agent1', 'agent2']);
    expect(
      runs().plan({ agent: 'oracle', backend: 'host', datasetDir, messagingEnabled: false }),
    ).toMatchObject({
      channels: [],
    });
    const closed = {
      agent: 'oracle',
      backend: 'host',
      datasetDir,
      channels: ['loud'],
      messagingEnabled: false,
    };
    expect(() => runs().plan(closed)).toThrow('The channel "loud" is turned off');
  });

  test('an evaluator, with metrics of its own and what the trial left behind', async () => {
    plugin = {
      evaluators: {
        talk: {
          async create(_: unknown, host: PluginHost) {
            const inner: Evaluator = await host.evaluator('tests');
            return delegating(inner, {
              metrics: { sent: { unit: 'messages', better: 'lower' }, first: {}, ended: {} },
              async *evaluate(submissions, context) {
                for await (const verdict of inner.evaluate(submissions, context)) {
                  const records = context.records(verdict.submission);
                  const [recordedMessages, events] = [await records.conversation(), await records.events()];
                  const first = await records.taskText(1);
                  expect(records.seats.map(({ seat, agent, model }) => [seat, agent, model])).toEqual([
                    ['agent1', 'oracle', null],
                    ['agent2', 'oracle', null],
                  ]);
                  expect(await records.trajectory('agent1')).toEqual([]);
                  await expect(records.trajectory('nobody')).rejects.toMatchObject({ code: 'UNKNOWN_SEAT' });
                  await expect(records.taskText(9)).rejects.toMatchObject({ code: 'UNKNOWN_FEATURE' });
                  const hasEnded = events.some(({ type }) => type === 'seat_finished');
                  const metrics = {
                    sent: recordedMessages.length,
                    first: first.slice(0, 4),
                    ended: hasEnded,
                  };
                  yield { ...verdict, evaluation: { ...verdict.evaluation, metrics } };
                }
              },
            });
          },
        },
      },
    };
    const { summary } = await run({ evaluator: 'talk' });
    expect(summary.eval).toMatchObject({ passed: 1, cost: 0, cost_known: true });
    expect(read<EvaluationFile>('eval.json')).toMatchObject({
      metrics: { sent: 0, ended: true },
      metric_definitions: { sent: { unit: 'messages', better: 'lower' } },
    });
  });

  test('but not itself', async () => {
    plugin = { backends: { counting, again: counting } };
    const backendOptions = { counting: { inner: 'again' }, again: { inner: 'counting' } };
    await expect(run({ backend: 'counting', backendOptions })).rejects.toMatchObject({
      code: 'PLUGIN_CYCLE',
      message: 'The backend "counting" of plugin p wraps itself: counting → again → counting.',
    });
  });
});

describe('what an evaluator spends on models', () => {
  const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
  const judge = (onLeft: (left: number | undefined) => void) => ({
    async create(_: unknown, host: PluginHost) {
      const inner: Evaluator = await host.evaluator('tests');
      return delegating(inner, {
        async *evaluate(submissions, context) {
          const model = await context.useModel('openai/gpt-4o');
          onLeft(model.leftUsd);
          for await (const verdict of inner.evaluate(submissions, context)) {
            model.book(verdict.submission.id, { ...usage, costUsd: 0.25 });
            onLeft(model.leftUsd);
            yield verdict;
          }
        },
      });
    },
  });

  test('has its own sum, counts for the budget, and is no cost of a trial', async () => {
    const left: (number | undefined)[] = [];
    plugin = { evaluators: { judge: judge((usd) => left.push(usd)) } };
    const { summary } = await run({ evaluator: 'judge', budgetUsd: 1 });
    expect(left).toEqual([1, 0.75]);
    expect(summary).toMatchObject({
      total_cost: 0,
      discarded_cost: 0,
      eval: { cost: 0.25, cost_known: true },
    });
    const options = { runName: 'x', datasetDir, logsDir, evaluator: 'judge', force: true };
    const evaluationSummary = await runs().evaluate({ ...options, budgetUsd: 1, spentUsd: 0.5 });
    expect(left.slice(2)).toEqual([0.25, 0]);
    expect(evaluationSummary).toMatchObject({ cost: 0.5 });
    expect(
      (await runs().check({ agent: 'oracle', backend: 'host', runName: 'x', datasetDir, logsDir })).spent,
    ).toBe(0.5);
  });
});

describe('metrics that nobody can show', () => {
  const withMetrics = (metrics: object, declared: object = { a: {} }) => {
    plugin = {
      evaluators: {
        odd: {
          async create(_: unknown, host: PluginHost) {
            const inner: Evaluator = await host.evaluator('tests');
            return delegating(inner, {
              metrics: declared as never,
              async *evaluate(submissions, context) {
                for await (const { submission, evaluation } of inner.evaluate(submissions, context))
                  yield { submission, evaluation: { ...evaluation, metrics: metrics as never } };
              },
            });
          },
        },
      },
    };
    return run({ evaluator: 'odd' });
  };

  test.for([
    [{ b: 1 }, 'the metric "b", which its "metrics" do not declare'],
    [{ a: Number.NaN }, 'the metric "a" with the value NaN, expected a number, a boolean or a text'],
    [{ a: [1] }, 'the metric "a" with the value 1, expected a number, a boolean or a text'],
  ] as const)('%o are a fault of the evaluator', async ([metrics, message]) => {
    await expect(withMetrics(metrics)).rejects.toThrow(message);
  });

  test('are refused before the run when they are declared wrongly', async () => {
    const better = { a: { better: 'more' } };
    await expect(withMetrics({}, better)).rejects.toThrow(
      'The evaluator "odd" of plugin p cannot be used: the metric "a" has the "better" "more", expected "higher" or "lower".',
    );
    await expect(withMetrics({}, { 'a b': {} })).rejects.toThrow('the metric "a b" must begin with');
  });
});
