import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AgentContext,
  AgentError,
  type AgentResult,
  mustRun,
  SandboxError,
  SeatLimitError,
  seatBounds,
} from '@cooperbench/core';
import { defaultTimeLimits } from '@cooperbench/core/host';
import { type ResultFile, readLedger } from '@cooperbench/records';
import { hostBackend, shellTask } from '@cooperbench/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tokens } from '../container.ts';
import { evaluatingContainer } from './evaluated.test.support.ts';
import type { RunOutcome } from './run.ts';

let datasetDir: string;
let logsDir: string;
/** What agent1 of the first trial does after its first answer. */
let attack: (context: AgentContext) => unknown;
/** What the seats of the first trial do before their first answer. */
let early: (context: AgentContext) => unknown;

beforeEach(() => {
  datasetDir = shellTask({ features: [1, 2, 3] });
  logsDir = mkdtempSync(join(tmpdir(), 'cooperbench-logs-'));
  attack = () => {};
  early = () => {};
});
afterEach(() => {
  for (const path of [datasetDir, logsDir]) rmSync(path, { recursive: true, force: true });
});

async function run(pairs: readonly number[] = [1, 2]): Promise<RunOutcome> {
  const work = async (_task: string, context: AgentContext): Promise<AgentResult> => {
    const tokens = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
    if (context.trial.endsWith('f1_f2')) await early(context);
    context.record({ type: 'usage', usage: { costUsd: 0.5, ...tokens } });
    await mustRun(context.workspace, ['sh', '-c', 'echo more >> lib.txt'], { signal: context.signal });
    if (context.seat === 'agent1' && context.trial.endsWith('f1_f2')) await attack(context);
    return { status: 'Completed' };
  };
  const backend = hostBackend();
  const outcome = await evaluatingContainer([
    {
      ...{ name: 'p', apiVersion: 1, agents: { a: { create: () => ({ run: work }) } } },
      backends: { h: { create: () => backend } },
    },
  ])
    .provide(tokens.limits, () => ({ ...defaultTimeLimits, sameMoment: 300, stop: 500 }))
    .get(tokens.runs)
    .run({
      ...{ runName: 'x', agent: 'a', backend: 'h', autoEval: false, features: pairs, datasetDir, logsDir },
    });
  expect(backend.open).toBe(0);
  return outcome;
}

const path = (name: string, pair = 'f1_f2'): string => join(logsDir, 'x/coop/shell_task/1', pair, name);
const result = (): ResultFile => JSON.parse(readFileSync(path('result.json'), 'utf8'));

describe('a sandbox that its agent broke never voids the trial', () => {
  test.for(['SANDBOX_LOST', 'SANDBOX_EXEC', 'SANDBOX_FILE'])('%s', async (code) => {
    attack = () => Promise.reject(new SandboxError(code, 'its first process was killed'));
    expect((await run()).summary).toMatchObject({ completed: 1, failed: 0 });
    expect(result().agents).toMatchObject({
      agent1: { status: 'Completed', patch_lines: 1, error: 'its first process was killed' },
      agent2: { status: 'Completed', patch_lines: 1, error: null },
    });
  });

  test('also when it can no longer be read: the patch is empty', async () => {
    attack = (context) => {
      const dead = () => Promise.reject(new SandboxError('SANDBOX_EXEC', 'it does not start anything'));
      Object.assign(context.workspace, { exec: dead });
    };
    expect((await run()).summary).toMatchObject({ completed: 1, failed: 0 });
    expect(result().agents?.agent1).toMatchObject({
      ...{ status: 'Completed', patch_lines: 0, error: 'it does not start anything' },
    });
  });
});

test('a seat whose framework crashes is judged at once, by its work', async () => {
  attack = () => Promise.reject(new AgentError('AGENT_FAILED', 'it crashed', { scope: 'work' }));
  expect((await run()).summary).toMatchObject({ completed: 1, failed: 0, voids: 0 });
  expect(result().agents).toMatchObject({
    agent1: { status: 'Completed', patch_lines: 1, error: 'it crashed' },
    agent2: { status: 'Completed', patch_lines: 1, error: null },
  });
});

test('a seat that is lost twice is judged, although each run replaces the files of the one before', async () => {
  attack = () => Promise.reject(new AgentError('MODEL_FAILED', 'the provider refuses'));
  expect((await run()).summary).toMatchObject({ completed: 0, failed: 1 });
  expect(result().agents?.agent1).toMatchObject({ status: 'Error', error_code: 'MODEL_FAILED' });
  expect((await run()).summary).toMatchObject({ completed: 1, failed: 0 });
  expect(result().agents?.agent1).toMatchObject({
    ...{ status: 'Completed', patch_lines: 1, error: 'the provider refuses' },
  });
  const summary = (await run()).summary;
  expect(summary).toMatchObject({ completed: 1, voids: 1, by_setting: { coop: { voids: 1 } } });
  const { losses } = await readLedger(join(logsDir, 'x'));
  expect(losses.get('coop/shell_task/1/f1_f2')).toMatchObject([{ seat: 'agent1', code: 'MODEL_FAILED' }]);
});

test('a seat whose partner lets its model not answer is lost once, and judged the second time', async () => {
  const refuse = () => Promise.reject(new AgentError('MODEL_FAILED', 'rate limit reached'));
  const partnerHasAnswer = Promise.withResolvers<void>();
  early = async ({ seat }) => {
    if (seat === 'agent1') return;
    await partnerHasAnswer.promise;
    await refuse();
  };
  attack = () => partnerHasAnswer.resolve();
  expect((await run()).summary).toMatchObject({ completed: 0, failed: 1 });
  expect((await run()).summary).toMatchObject({ completed: 1, failed: 0 });
  expect(result().agents).toMatchObject({
    agent2: { status: 'Completed', steps: 0, error: 'rate limit reached' },
  });
});

test('a seat that ends the daemon again and again is judged the third time', async () => {
  attack = () =>
    Promise.reject(new SandboxError('SANDBOX_LOST', 'the daemon is gone', { fromOutside: true }));
  for (const failed of [1, 1, 0]) expect((await run()).summary).toMatchObject({ failed });
});

test('when no seat has an answer of its model, a trial is lost as often as it runs', async () => {
  early = () => Promise.reject(new AgentError('MODEL_FAILED', 'the provider is down'));
  for (let n = 0; n < 3; n += 1) expect((await run()).summary).toMatchObject({ completed: 0, failed: 1 });
});

const message = (content: string, args?: unknown) => ({
  ...{ type: 'message' as const },
  message: {
    ...{ role: 'assistant' as const, content, timestamp: 1 },
    ...(args !== undefined && { tool_calls: [{ id: '1', name: 'bash', arguments: args }] }),
  },
});
const times = (count: number, work: (index: number) => void): void => {
  for (let index = 0; index < count; index += 1) work(index);
};
const nested = (depth: number): unknown => {
  let value: unknown = 1;
  times(depth, () => {
    value = { value };
  });
  return value;
};

test.for<readonly [limit: string, attack: (context: AgentContext) => unknown]>([
  ['events', ({ record }) => times(2 * seatBounds.events, () => record({ type: 'log', text: '' }))],
  [
    'trajectoryBytes',
    ({ record }) => {
      const content = 'x'.repeat(1 << 20);
      times((2 * seatBounds.trajectoryBytes) >> 20, () => record(message(content)));
    },
  ],
  [
    'logBytes',
    ({ record }) => {
      const text = 'x'.repeat(1 << 20);
      times((2 * seatBounds.logBytes) >> 20, () => record({ type: 'log', text }));
    },
  ],
  [
    'notices',
    ({ record }) => times(10 * seatBounds.notices, (index) => record({ type: 'notice', text: `${index}` })),
  ],
  ['jsonDepth', ({ record }) => record(message('', nested(10 * seatBounds.jsonDepth)))],
  ['jsonDepth', ({ record }) => record(message('', nested(100_000)))],
  ['jsonNodes', ({ record }) => record(message('', Array(10 * seatBounds.jsonNodes).fill(0)))],
  ['jsonCharacters', ({ record }) => record(message('x'.repeat(10 * seatBounds.jsonCharacters)))],
  ['frames', () => Promise.reject(new SeatLimitError('frames', '64 frames in flight'))],
])('a seat that passes "%s" ends there and is judged, and nobody else notices', async ([limit, deed]) => {
  attack = async (context) => {
    await deed(context);
    // A framework inside a sandbox does not stop by itself.
    await new Promise((_, reject) =>
      context.signal.addEventListener('abort', () => reject(context.signal.reason)),
    );
  };
  const { summary, stopped } = await run([1, 2]);
  expect(stopped).toBeUndefined();
  expect(summary).toMatchObject({ completed: 1, failed: 0 });
  expect(result().agents).toMatchObject({
    agent1: { status: 'LimitsExceeded', patch_lines: 1, error: expect.stringContaining(`limit "${limit}"`) },
    agent2: { status: 'Completed', patch_lines: 1 },
  });
  expect(JSON.parse(readFileSync(path('agent1_traj.json'), 'utf8')).messages).toBeInstanceOf(Array);
  expect(statSync(path('agent1_traj.json')).size).toBeLessThan(1.1 * seatBounds.trajectoryBytes);
});
