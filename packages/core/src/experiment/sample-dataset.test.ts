import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createContainer, tokens } from '../container.ts';
import { discover } from '../dataset/discover.ts';
import { select } from '../dataset/select.ts';
import type { EvaluationFile } from '../records/evaluation-file.ts';
import { pairId } from '../records/layout.ts';
import { hostBackend } from '../testing/host-backend.ts';
import type { RunOutcome } from './run.ts';

const datasetDir = new URL('../../../../dataset', import.meta.url).pathname;

interface Expected {
  readonly merge: string;
  readonly strategy: string | null;
  readonly feature_passed: Readonly<Record<string, boolean>>;
  readonly both_passed: boolean;
  readonly strict: boolean;
  readonly class: string;
}

const expected = JSON.parse(readFileSync(join(datasetDir, 'expected-verdicts.json'), 'utf8')) as Record<
  string,
  Expected
>;
const pairs = select(discover(datasetDir)).map(pairId);

const backend = hostBackend();
const container = createContainer([
  { name: 'test', apiVersion: 1, backends: { host: { create: () => backend } } },
]);
let logsDir: string;
const outcomes: Record<string, RunOutcome> = {};

beforeAll(async () => {
  logsDir = mkdtempSync(join(tmpdir(), 'cooperbench-logs-'));
  for (const setting of ['coop', 'solo']) {
    outcomes[setting] = await container.get(tokens.experiments).run({
      runName: 'golden',
      agent: 'oracle',
      modelName: 'none',
      setting,
      backend: 'host',
      datasetDir,
      logsDir,
      concurrency: 2,
      evalConcurrency: 2,
    });
  }
});

afterAll(() => rmSync(logsDir, { recursive: true, force: true }));

const read = (setting: string, pair: string): EvaluationFile =>
  JSON.parse(readFileSync(join(logsDir, 'golden', setting, pair, 'eval.json'), 'utf8')) as EvaluationFile;

describe('the golden patches of the sample dataset', () => {
  test('every pair has an expected verdict, and every kind of verdict occurs', () => {
    expect(Object.keys(expected).sort()).toEqual([...pairs].sort());
    expect(new Set(Object.values(expected).map((verdict) => verdict.class))).toEqual(
      new Set(['clean-pass', 'clean-fail', 'union-pass', 'union-fail', 'unmergeable']),
    );
  });

  test.for(pairs)('%s ends in coop as expected', (pair) => {
    const verdict = read('coop', pair);
    expect(verdict.error).toBeNull();
    expect({
      merge: verdict.merge?.status,
      strategy: verdict.merge?.strategy,
      feature_passed: Object.fromEntries(
        Object.values(verdict.features_results).map((feature) => [feature.feature_id, feature.passed]),
      ),
      both_passed: verdict.both_passed,
      strict: verdict.policies.strict,
    }).toEqual((({ class: _, ...rest }) => rest)(expected[pair]!));
    expect(Object.values(verdict.individual ?? {}).map((seat) => seat.success)).toEqual([true, true]);
    expect(verdict.overall_success).toBe(verdict.both_passed);
  });

  test.for(pairs)('%s passes in solo where the features allow it', (pair) => {
    const verdict = read('solo', pair);
    expect(verdict.error).toBeNull();
    expect(verdict.both_passed).toBe(expected[pair]?.both_passed);
    expect(verdict.merge).toBeNull();
  });

  test('the summary counts what the files say, by setting', () => {
    const passed = Object.values(expected).filter((verdict) => verdict.both_passed).length;
    const summary = outcomes.solo?.summary;
    expect(summary).toMatchObject({
      total_tasks: 2 * pairs.length,
      completed: 2 * pairs.length,
      failed: 0,
      total_cost: 0,
    });
    expect(summary?.eval).toMatchObject({
      passed: 2 * passed,
      failed: 2 * (pairs.length - passed),
      errors: 0,
      by_setting: { coop: { passed }, solo: { passed } },
    });
  });

  test('no sandbox is left', () => {
    expect(backend.open).toBe(0);
  });
});
