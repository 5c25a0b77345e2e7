import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CooperBenchError } from '@cooperbench/core';
import { defaultTimeLimits, type TimeLimits } from '@cooperbench/core/host';
import type { ResultFile, RunEvent } from '@cooperbench/records';
import { shellTask, slowness } from '@cooperbench/testing';
import { describe, expect, test } from 'vitest';
import { tokens } from '../container.ts';
import type { RunOptions } from '../options/options.ts';
import { evaluatingContainer } from './evaluated.test.support.ts';
import { type FaultyPlugin, faultyPlugin } from './faulty-plugin.test.support.ts';

/**
 * What a fault costs. `refused`: nothing has run. `lost`: the trial is an error that cost nothing. `paid`: it is an error, and
 * its work is on disk. `warned`: it is complete, and the user is told. `none`: nothing happens. `failed`: the run's evaluation
 * fails after its trials. `endless`: only an abort ends it, because nobody knows how long an evaluation takes.
 */
type Outcome = 'refused' | 'lost' | 'paid' | 'warned' | 'none' | 'timeout' | 'failed' | 'endless';

/** By method: the outcome when it hangs, when it throws, and when it returns nothing. */
const methods: Readonly<Record<string, readonly [Outcome, Outcome, Outcome]>> = {
  'agent.make': ['refused', 'refused', 'refused'],
  'agent.preflight': ['refused', 'refused', 'none'],
  'agent.knowsPrice': ['refused', 'refused', 'none'],
  'agent.run': ['timeout', 'paid', 'paid'],
  'agent.dispose': ['warned', 'warned', 'none'],
  'backend.make': ['refused', 'refused', 'refused'],
  'backend.preflight': ['refused', 'refused', 'none'],
  'backend.create': ['lost', 'lost', 'lost'],
  'backend.hasKept': ['none', 'none', 'none'],
  'backend.runJobs': ['endless', 'failed', 'failed'],
  'backend.dispose': ['warned', 'warned', 'none'],
  'sandbox.exec': ['lost', 'lost', 'lost'],
  'sandbox.keep': ['none', 'none', 'none'],
  'sandbox.dispose': ['warned', 'warned', 'none'],
  'sandbox.readFile': ['timeout', 'paid', 'none'],
  'sandbox.writeFile': ['timeout', 'paid', 'none'],
  'process.stdin': ['lost', 'none', 'lost'],
  'process.stdout': ['lost', 'lost', 'lost'],
  'process.stderr': ['lost', 'lost', 'lost'],
  'process.wait': ['lost', 'lost', 'lost'],
  'process.kill': ['none', 'none', 'none'],
  'bus.make': ['refused', 'refused', 'refused'],
  'bus.preflight': ['refused', 'refused', 'none'],
  'bus.open': ['lost', 'lost', 'lost'],
  'bus.beginPhase': ['warned', 'warned', 'none'],
  'bus.dispose': ['warned', 'warned', 'none'],
  'mailbox.send': ['paid', 'paid', 'paid'],
  'mailbox.drain': ['paid', 'paid', 'paid'],
  'mailbox.receive': ['none', 'none', 'warned'],
  'mailbox.dispose': ['warned', 'warned', 'none'],
  'channel.make': ['refused', 'refused', 'refused'],
  'channel.preflight': ['refused', 'refused', 'none'],
  'channel.open': ['lost', 'lost', 'lost'],
  'channel.dispose': ['warned', 'warned', 'none'],
  'trialChannel.run': ['none', 'none', 'warned'],
  'trialChannel.instructions': ['lost', 'lost', 'lost'],
  'trialChannel.join': ['lost', 'lost', 'none'],
  'trialChannel.inbox': ['lost', 'lost', 'lost'],
  'trialChannel.leave': ['paid', 'paid', 'none'],
  'trialChannel.metrics': ['warned', 'warned', 'warned'],
  'trialChannel.dispose': ['warned', 'warned', 'none'],
  'inbox.take': ['paid', 'paid', 'paid'],
  'inbox.giveBack': ['paid', 'paid', 'none'],
  'answer.settled': ['paid', 'paid', 'none'],
  'setting.make': ['refused', 'refused', 'refused'],
  'setting.seats': ['refused', 'refused', 'refused'],
  'setting.task': ['lost', 'lost', 'lost'],
  'setting.instructions': ['lost', 'lost', 'lost'],
  'setting.phases': ['lost', 'lost', 'lost'],
  'evaluator.make': ['refused', 'refused', 'refused'],
  'evaluator.preflight': ['refused', 'refused', 'none'],
  'evaluator.fingerprint': ['refused', 'refused', 'none'],
  'evaluator.evaluate': ['endless', 'failed', 'failed'],
  'evaluator.dispose': ['warned', 'warned', 'none'],
  'mergePolicy.make': ['refused', 'refused', 'refused'],
};

/** Longer than a call takes on this machine, also when other tests keep it busy. */
const shortMs = 1000 * slowness;
const short: TimeLimits = {
  ...{ open: 4 * shortMs, call: shortMs, stop: 100, collect: 10 * shortMs, close: shortMs, abort: shortMs },
  ...{ sameMoment: shortMs, pause: shortMs, ready: shortMs, capacity: shortMs },
};
/** For calls that do not hang: only what the run waits for in any case is short. */
const patient: TimeLimits = { ...defaultTimeLimits, stop: 100, sameMoment: shortMs, pause: shortMs };

interface EndedRun {
  readonly error: CooperBenchError | undefined;
  readonly stopped: Error | undefined;
  readonly warnings: readonly string[];
  /** It is undefined if the trial has none. */
  readonly result: ResultFile | undefined;
  readonly patch: string;
  readonly config: boolean;
}

async function runFaulty(
  { plugin }: FaultyPlugin,
  limits: TimeLimits,
  options: RunOptions,
): Promise<EndedRun> {
  const [datasetDir, logsDir] = [shellTask(), mkdtempSync(join(tmpdir(), 'cooperbench-logs-'))];
  const events: RunEvent[] = [];
  const trial = join(logsDir, 'x/s/shell_task/1/f1_f2');
  const read = (path: string): string | undefined =>
    existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  try {
    const { error, stopped } = await evaluatingContainer([plugin])
      .provide(tokens.limits, () => limits)
      .get(tokens.runs)
      .run({
        ...{ runName: 'x', agent: 'a', backend: 'h', bus: 'b', setting: 's', channels: ['messages', 'c'] },
        ...{ evaluator: 'e', mergePolicy: 'm', autoEval: false, datasetDir, logsDir },
        onEvent: (event) => events.push(event),
        ...options,
      })
      .then(
        (outcome) => ({ error: undefined, stopped: outcome.stopped }),
        (error: CooperBenchError) => ({ error, stopped: undefined }),
      );
    const result = read(join(trial, 'result.json'));
    return {
      ...{ error, stopped },
      warnings: events.flatMap((event) =>
        event.type === 'notice' && event.level === 'warning' ? [event.text] : [],
      ),
      result: result === undefined ? undefined : JSON.parse(result),
      patch: read(join(trial, 'one.patch')) ?? '',
      config: existsSync(join(logsDir, 'x/config.json')),
    };
  } finally {
    for (const path of [datasetDir, logsDir]) rmSync(path, { recursive: true, force: true });
  }
}

/** Options with which a run calls the method. */
function optionsFor(method: string): RunOptions {
  const isOfEvaluation = /^(evaluator|mergePolicy)|runJobs|hasKept|keep/.test(method);
  return { autoEval: isOfEvaluation, timeoutMs: method === 'agent.run' ? 4 * shortMs : 20 * shortMs };
}

const ways = ['hangs', 'throws', 'returns nothing'] as const;
const cases = ways.flatMap((fault, index) =>
  Object.entries(methods).map(([method, outcomes]) => [method, fault, outcomes[index] as Outcome] as const),
);

describe('a call into a plugin', () => {
  test.concurrent.for(cases.filter(([, , outcome]) => outcome !== 'endless'))(
    '%s that %s: %s',
    async ([method, fault, outcome], { expect }) => {
      const limits = fault === 'hangs' ? short : patient;
      const faulty = faultyPlugin([method], fault);
      const ended = await runFaulty(faulty, limits, optionsFor(method));
      expect(await Promise.race([faulty.reached, 'the method was not called'])).toBeUndefined();
      const { error, stopped, warnings, result, patch, config } = ended;
      const seat = result?.agents?.one;
      const named = /of plugin (p|@cooperbench\/core) (failed|could not|cannot be used)/;
      expect(stopped).toBeUndefined();
      if (outcome === 'refused') {
        expect(error).toMatchObject({ code: 'PLUGIN_FAULT', message: expect.stringMatching(named) });
        expect(config).toBe(false);
        return;
      }
      if (outcome === 'failed') expect(error?.message).toMatch(named);
      else expect(error).toBeUndefined();
      const isPaid = outcome !== 'lost';
      expect(patch.includes('+feature 1')).toBe(isPaid);
      const status = { lost: 'Error', paid: 'Error', timeout: 'Timeout' }[outcome as string] ?? 'Completed';
      expect(seat).toMatchObject({ status, cost: isPaid ? 0.5 : 0 });
      if (status === 'Error' && !(method === 'agent.run' && fault === 'returns nothing'))
        expect(seat).toMatchObject({ error: expect.stringMatching(named), error_code: 'PLUGIN_FAULT' });
      // A sandbox that never arrives may still exist.
      const isUnknown = method === 'backend.create' && fault === 'hangs';
      if (outcome === 'warned' || isUnknown) expect(warnings).toEqual([expect.stringMatching(named)]);
      else if (outcome !== 'paid') expect(warnings).toEqual([]);
    },
  );

  test.concurrent.for(Object.keys(methods).filter((name) => !name.startsWith('setting')))(
    '%s that hangs does not keep a run that is aborted',
    async (method, { expect }) => {
      const faulty = faultyPlugin([method], 'hangs');
      const abort = new AbortController();
      const limits = { ...defaultTimeLimits, stop: 100, abort: shortMs };
      const running = runFaulty(faulty, limits, { ...optionsFor(method), signal: abort.signal });
      await Promise.race([faulty.reached, running]);
      const reason = new Error('enough');
      abort.abort(reason);
      const { error } = await running;
      expect(await Promise.race([faulty.reached, 'the method was not called'])).toBeUndefined();
      // What is disposed last hangs after the run has done its work.
      if (!/^(agent|backend|bus|channel|evaluator)\.dispose$/.test(method)) expect(error).toBe(reason);
      expect(faulty.backend.open).toBe(0);
    },
  );
});

test('a sandbox that comes after the abort is disposed, and the run waits for it', async () => {
  const faulty = faultyPlugin([], 'hangs');
  const { backend } = faulty;
  const create = backend.create.bind(backend);
  const firstRequest = Promise.withResolvers<void>();
  let isDisposed = false;
  backend.create = async (spec) => {
    firstRequest.resolve();
    await delay(100);
    const sandbox = await create(spec);
    const dispose = async (): Promise<void> => {
      await sandbox[Symbol.asyncDispose]();
      isDisposed = true;
    };
    return { ...sandbox, [Symbol.asyncDispose]: dispose };
  };
  const abort = new AbortController();
  const running = runFaulty(faulty, defaultTimeLimits, { signal: abort.signal });
  await firstRequest.promise;
  abort.abort(new Error('enough'));
  expect((await running).error?.message).toBe('enough');
  expect(isDisposed).toBe(true);
});

describe('everything that hangs at the end', () => {
  const last = ['agent.run', 'process.kill', 'mailbox.drain', 'mailbox.dispose', 'sandbox.dispose'].concat(
    ['leave', 'metrics', 'dispose'].map((name) => `trialChannel.${name}`),
    ['agent', 'backend', 'bus', 'channel'].map((kind) => `${kind}.dispose`),
  );

  test('keeps neither a seat whose time is up nor its work', async () => {
    const { error, result, patch } = await runFaulty(faultyPlugin(last, 'hangs'), short, {
      timeoutMs: 4 * shortMs,
    });
    expect(error).toBeUndefined();
    expect(result?.agents?.one).toMatchObject({ status: 'Error', cost: 0.5, error_code: 'PLUGIN_FAULT' });
    expect(patch).toContain('+feature 1');
  });

  test('does not keep a run that is aborted', async () => {
    const faulty = faultyPlugin(last, 'hangs');
    const abort = new AbortController();
    const limits = { ...defaultTimeLimits, stop: 100, abort: shortMs };
    const running = runFaulty(faulty, limits, { signal: abort.signal });
    await faulty.reached;
    abort.abort(new Error('enough'));
    const { error, result } = await running;
    expect(error?.message).toBe('enough');
    expect(result?.agents?.one).toMatchObject({ status: 'Cancelled' });
  });
});
