import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { writeSimulatedRun } from '@cooperbench/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { report } from '../report/report.ts';
import { readRun } from '../trials/read-run.ts';
import { findCost } from '../trials/trial.ts';

const run = promisify(execFile);
const missing =
  process.env.COOPERBENCH_REQUIRE_SERVICES !== '1' &&
  (await run('python3', ['-m', 'venv', '--help']).then(
    () => false,
    () => true,
  ));

describe.skipIf(missing)(`cooperbench-results${missing ? ' (skipped: no python3 with venv)' : ''}`, () => {
  const root = mkdtempSync(join(tmpdir(), 'cooperbench-python-'));
  const python = join(root, 'venv/bin/python');
  const source = new URL('../../../../python/cooperbench-results', import.meta.url).pathname;

  beforeAll(async () => {
    await writeSimulatedRun(root, 'x', { pairs: 30, repetitions: 2 });
    await run('python3', ['-m', 'venv', join(root, 'venv')]);
    // A build leaves folders beside the source.
    cpSync(source, join(root, 'source'), { recursive: true });
    await run(python, ['-m', 'pip', 'install', '--quiet', join(root, 'source')]);
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  async function frame(call: string): Promise<Record<string, unknown>[]> {
    const code = `from cooperbench_results import *; print(${call}.to_json(orient="records"))`;
    const { stdout } = await run(python, ['-c', code, join(root, 'x')], { maxBuffer: 1e8 });
    return JSON.parse(stdout);
  }
  const path = '__import__("sys").argv[1]';

  test('has the trials, verdicts and costs that a report counts', async () => {
    const { trials } = await readRun(root, 'x');
    const rows = new Map(
      (await frame(`trials(${path})`)).map((row) => [`${row.setting}/${row.pair}@${row.repetition}`, row]),
    );
    expect(rows.size).toBe(trials.length);
    expect(new Set(trials.map(({ verdict }) => verdict)).size).toBeGreaterThan(2);
    for (const trial of trials) {
      const row = rows.get(`${trial.setting}/${trial.pair}@${trial.repetition}`);
      expect(row).toMatchObject({
        ...{ run: 'x', task: trial.task, verdict: trial.verdict, overall: trial.overall, model: trial.model },
        merge_status: trial.merge?.status ?? null,
      });
      const cost = findCost(trial);
      if (cost === null) expect(row?.cost).toBeNull();
      else expect(row?.cost).toBeCloseTo(cost);
    }
  });

  test('has a row for each seat and each message', async () => {
    const { trials } = await readRun(root, 'x');
    const seats = await frame(`seats(${path})`);
    expect(seats).toHaveLength(trials.flatMap((trial) => trial.seats).length);
    const alone = trials.flatMap(({ individual }) => Object.values(individual)).filter(Boolean).length;
    expect(seats.filter((seat) => seat.passes_alone === true).length).toBeGreaterThanOrEqual(alone);
    const messages = await frame(`messages(${path})`);
    const accepted = messages.filter(({ accepted_by: seat }) => (seat as string[]).length > 0);
    expect(accepted).toHaveLength(trials.reduce((sum, { talk }) => sum + (talk.messages ?? 0), 0));
  });

  test('has the rates of the report', async () => {
    const { conditions } = report([await readRun(root, 'x')]);
    const code = `from cooperbench_results import *; print(pass_rates(${path}).to_json(double_precision=15))`;
    const { stdout } = await run(python, ['-c', code, join(root, 'x')]);
    const rates = JSON.parse(stdout) as Record<string, number>;
    expect(Object.keys(rates)).toEqual(conditions.map(({ setting }) => setting));
    for (const { setting, merged } of conditions)
      expect(rates[setting]).toBeCloseTo(merged.rate ?? Number.NaN, 12);
  });

  test('reads runs of the Python original, in all its layouts, as a report does', async () => {
    const write = (file: string, content: object) => {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), JSON.stringify(content));
    };
    const made = { agent_framework: 'mini', model: 'gemini', duration_seconds: -3 };
    const seat = { status: 'Submitted', cost: 0.25, steps: 2, input_tokens: 9, output_tokens: 5 };
    const agents = { agent1: { ...seat, status: 'Error' }, agent2: { ...seat, model: null } };
    const verdict = (both_passed: unknown) => ({ both_passed, merge: { status: null, strategy: null } });
    // Its `Error` is any exception of an agent. It names no run, no repetition, and no model of a seat.
    write('py/coop/x_task/1/f1_f2/result.json', { ...made, agents });
    write('py/coop/x_task/1/f1_f2/conversation.json', [
      { from: 'agent2', to: null, message: 'later', timestamp: 1_767_225_602 },
      { from: 'agent1', to: 'agent2', message: 'sooner', timestamp: '2026-01-01T00:00:01Z' },
    ]);
    write('py/coop/x_task/2/f2_f10@3/result.json', { ...made, agents });
    write('py/coop/x_task/2/f2_f10@3/eval.json', verdict(true));
    write('py/x_task/3/f1_f2/result.json', { ...made, agent: seat });
    write('py/x_task/3/f1_f2/eval.json', verdict('yes'));
    write('py/x_task/task4/features_1_2/agent1/trajectory.json', []);
    write('py/x_task/task4/features_1_2/agent2/trajectory.json', []);
    // Ours, where `Error` is a loss.
    const ours = { ...made, schema_version: 1, agents: { agent1: { ...seat, status: 'Error' } } };
    write('py/coop/x_task/5/f1_f2/result.json', ours);
    const { trials } = await readRun(root, 'py');
    expect(trials).toHaveLength(5);
    const expected = trials.map((trial) => ({
      ...{ run: 'py', setting: trial.setting, repo: trial.repo, task: trial.task, pair: trial.pair },
      ...{ repetition: trial.repetition, agent: trial.agent, model: trial.model, verdict: trial.verdict },
      ...{ overall: trial.overall, merge_status: trial.merge?.status ?? null, cost: findCost(trial) },
      seconds: trial.seconds,
    }));
    const py = `${path} + "/../py"`;
    const order = (row: object) => JSON.stringify(row);
    const rows = (await frame(`trials(${py})`)).map((row) =>
      Object.fromEntries(Object.keys(expected[0] ?? {}).map((key) => [key, row[key]])),
    );
    expect(rows.map(order).sort()).toEqual(expected.map(order).sort());
    const seats = trials.flatMap((trial) =>
      trial.seats.map((one) => [trial.id, one.seat, one.agent, one.model]),
    );
    const matches = (await frame(`seats(${py})`)).map((row) => [
      `${row.setting}/${row.pair}${row.repetition === 1 ? '' : `@${row.repetition}`}`,
      ...[row.seat, row.agent ?? '', row.model ?? ''],
    ]);
    expect(matches.map(order).sort()).toEqual(seats.map(order).sort());
    expect(await frame(`messages(${py})`)).toMatchObject([
      { from: 'agent1', to: 'agent2', text: 'sooner', accepted_by: null, time: 1_767_225_601_000 },
      { from: 'agent2', to: 'all', text: 'later' },
    ]);
  });

  test('reads messages with any separators of lines, and passes over files that are broken', async () => {
    const trial = join(root, 'strange/coop/a_task/1/f1_f2');
    mkdirSync(trial, { recursive: true });
    const event = { type: 'message', time: '2026-01-01T00:00:00Z', from: 'a', to: 'b', text: 'one\u2028two' };
    const result = { setting: 'coop', agents: { a: 'no seat' }, features: [1, 2] };
    writeFileSync(join(trial, 'result.json'), JSON.stringify(result));
    writeFileSync(join(trial, 'eval.json'), '['.repeat(200_000));
    writeFileSync(join(trial, 'events.jsonl'), `${'['.repeat(200_000)}\n${JSON.stringify(event)}\n`);
    const strange = `${path} + "/../strange"`;
    expect((await frame(`messages(${strange})`)).map(({ text }) => text)).toEqual(['one\u2028two']);
    expect(await frame(`trials(${strange})`)).toMatchObject([{ verdict: 'none' }]);
    writeFileSync(join(trial, 'eval.json'), '{"individual": [], "merge": "x"}');
    expect(await frame(`seats(${strange})`)).toMatchObject([{ seat: 'a', passes_alone: null }]);
  });
});
