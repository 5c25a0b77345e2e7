import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readRun } from './read-run.ts';

let logs: string;

beforeEach(() => {
  logs = mkdtempSync(join(tmpdir(), 'cooperbench-report-'));
});
afterEach(() => rmSync(logs, { recursive: true }));

function write(path: string, content: unknown): void {
  const file = join(logs, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
}

const seat = (feature: number, extra: object = {}) => ({
  ...{ feature_id: feature, status: 'Completed', cost: 0.5, cost_known: true, steps: 2, error: null },
  ...{ input_tokens: 10, output_tokens: 4, patch_lines: 3, agent_framework: 'a', model: 'm', ...extra },
});
const result = (extra: object = {}) => ({
  ...{ schema_version: 1, setting: 'coop', judged: 'merge', duration_seconds: 9, model: 'm' },
  agents: { agent1: seat(1), agent2: seat(2) },
  ...extra,
});
const verdict = (passed: boolean) => ({
  ...{ both_passed: passed, overall_success: passed, error: null, apply_status: {} },
  merge: { status: 'conflicts', strategy: 'union', policy: 'union', conflicts: ['a.py'] },
  individual: { agent1: { success: true }, agent2: { success: passed } },
});
const timeAt = (second: number): string => new Date(1_000_000_000_000 + second * 1000).toISOString();
const message = (
  id: string,
  from: string,
  to: string,
  text: string,
  accepted_by: string[],
  second: number,
) => ({
  ...{
    type: 'message',
    id,
    from,
    to,
    text,
    accepted: accepted_by.length > 0,
    accepted_by,
    time: timeAt(second),
  },
});

const finished = {
  type: 'seat_finished',
  status: 'Completed',
  steps: 2,
  cost: 0.5,
  cost_known: true,
  error: null,
};

test('a trial of ours: verdict, use, conversation', async () => {
  const place = 'run/coop/x_task/1/f1_f2';
  write(`${place}/result.json`, result());
  write(`${place}/eval.json`, verdict(true));
  const events = [
    { type: 'sandbox_ready', seat: 'agent1', time: timeAt(0) },
    { type: 'sandbox_ready', seat: 'agent2', time: timeAt(1) },
    message('1', 'agent1', 'agent2', 'Which file?', ['agent2'], 2),
    { type: 'message_delivered', id: '1', seat: 'agent2', time: timeAt(3) },
    message('2', 'agent2', 'agent1', 'a.py. And you?', ['agent1'], 4),
    { type: 'message_delivered', id: '2', seat: 'agent1', time: timeAt(4) },
    { type: 'message_returned', id: '2', seat: 'agent1', time: timeAt(5) },
    { ...finished, seat: 'agent1', time: timeAt(6) },
    message('3', 'agent2', 'agent1', 'Done', [], 7),
    { ...finished, seat: 'agent2', time: timeAt(8) },
  ];
  write(`${place}/events.jsonl`, `${events.map((event) => JSON.stringify(event)).join('\n')}\n{"type":"mess`);
  const step = (command: string) => ({
    ...{ role: 'assistant', content: '', timestamp: 1, output_tokens: 2 },
    tool_calls: [{ id: '1', name: 'bash', arguments: { command } }],
  });
  write(`${place}/agent1_traj.json`, { messages: [step('ls'), step('send_message agent2 "Which file?"')] });
  write(`${place}/agent2_traj.json`, {
    messages: [step('git fetch team'), step('read_messages --wait 60'), step('git push origin main')],
  });
  const { trials, problems } = await readRun(logs, 'run');
  expect(problems).toEqual([]);
  expect(trials).toMatchObject([
    {
      id: 'coop/x_task/1/f1_f2',
      pair: 'x_task/1/f1_f2',
      task: 'x_task/1',
      verdict: 'passed',
      overall: true,
      individual: { agent1: true, agent2: true },
      conflicts: ['a.py'],
      seconds: 9,
      cause: null,
      seats: [
        { seat: 'agent1', cost: 0.5, steps: 2, seconds: 6 },
        { seat: 'agent2', cost: 0.5, steps: 2, seconds: 7 },
      ],
      talk: {
        ...{ messages: 2, refused: 1, unread: 1, to_finished: 1, questions: 2, unanswered: 2 },
        ...{ communication_steps: 3, steps: 5, communication_tokens: 6, tokens: 10 },
      },
    },
  ]);
});

test.for([
  ['from their common beginning', [10, 10], [5, 8]],
  ['not at all when they end before it', [undefined, 10], [null, 8]],
] as const)('the time of seats counts %s', async ([, begins, seconds]) => {
  const place = 'run/coop/x_task/1/f1_f2';
  write(`${place}/result.json`, result());
  const events = ['agent1', 'agent2'].flatMap((seat, index) => [
    { type: 'sandbox_ready', seat, time: timeAt(index) },
    ...(begins[index] === undefined ? [] : [{ type: 'seat_started', seat, time: timeAt(begins[index]) }]),
    { ...finished, seat, time: timeAt(15 + index * 3) },
  ]);
  write(`${place}/events.jsonl`, events.map((event) => JSON.stringify(event)).join('\n'));
  const { trials } = await readRun(logs, 'run');
  expect(trials[0]?.seats.map((seat) => seat.seconds)).toEqual(seconds);
});

test("the original's forms, and a repetition, are trials like others", async () => {
  const own = {
    agents: { agent1: { feature_id: 1, status: 'Error', cost: 1, steps: 4 } },
    setting: 'coop',
    model: 'g',
  };
  write('run/coop/x_task/1/f1_f2/result.json', own);
  write('run/coop/x_task/1/f1_f2/eval.json', { both_passed: false, feature1: { passed: false } });
  write('run/coop/x_task/1/f1_f2@2/result.json', own);
  write('run/y_task/2/f1_f3/result.json', own);
  write('run/w_task/4/f1_f2/result.json', { agent: { status: 'Submitted', cost: 1, steps: 4 } });
  write('run/z_task/task3/features_1_2/agent1/trajectory.json', [{ role: 'agent_message', content: 'hi' }]);
  write('run/z_task/task3/features_1_2/agent2/trajectory.json', []);
  write('run/z_task/task3/features_1_2/conversation.json', [
    { from: 'agent1', to: 'agent2', message: 'Who?', timestamp: 5 },
    { from: 'agent2', to: 'agent1', message: 'Me', timestamp: 6 },
  ]);
  const { trials } = await readRun(logs, 'run');
  expect(trials.map(({ id, pair, repetition, verdict }) => [id, pair, repetition, verdict])).toEqual([
    ['coop/x_task/1/f1_f2', 'x_task/1/f1_f2', 1, 'failed'],
    ['coop/x_task/1/f1_f2@2', 'x_task/1/f1_f2', 2, 'none'],
    ['coop/y_task/2/f1_f3', 'y_task/2/f1_f3', 1, 'none'],
    ['coop/z_task/3/f1_f2', 'z_task/3/f1_f2', 1, 'none'],
    ['solo/w_task/4/f1_f2', 'w_task/4/f1_f2', 1, 'none'],
  ]);
  // It records no overall verdict, and its oldest form no time.
  expect(trials[0]).toMatchObject({ overall: null, individual: {} });
  expect(trials[3]?.seconds).toBeNull();
  expect(trials[0]?.cause).toEqual({ name: 'feature_failed', sentence: 'Feature 1 fails.' });
  expect(trials[3]?.talk).toMatchObject({ messages: 2, questions: 1, unanswered: 0, unread: null });
});

test('infrastructure errors, unknown prices and damaged files are told apart from failures', async () => {
  write(
    'run/coop/x_task/1/f1_f2/result.json',
    result({ agents: { agent1: seat(1, { status: 'Error', error: 'lost' }) } }),
  );
  write(
    'run/coop/x_task/2/f1_f2/result.json',
    result({ agents: { agent1: seat(1, { cost: 0, cost_known: false }) } }),
  );
  write('run/coop/x_task/2/f1_f2/eval.json', '{"both_pass');
  write('run/coop/x_task/3/f1_f2/result.json', '{');
  write('run/coop/x_task/4/f1_f2/result.json', { schema_version: 9 });
  write('run/coop/x_task/5/f1_f2/result.json', result());
  write('run/coop/x_task/6/f1_f2/result.json', { agents: { agent1: null } });
  write('run/coop/x_task/5/f1_f2/eval.json', { both_passed: true, individual: { agent1: null } });
  const { trials, problems } = await readRun(logs, 'run');
  expect(trials.map(({ id, verdict }) => [id, verdict])).toEqual([
    ['coop/x_task/1/f1_f2', 'error'],
    ['coop/x_task/2/f1_f2', 'none'],
    ['coop/x_task/4/f1_f2', 'error'],
    ['coop/x_task/5/f1_f2', 'none'],
    ['coop/x_task/6/f1_f2', 'error'],
  ]);
  expect(trials[0]?.cause?.sentence).toBe('Infrastructure failed: agent1 was lost: lost');
  expect(trials[1]?.seats[0]?.cost).toBeNull();
  expect(problems).toEqual([
    expect.stringContaining(`${join(logs, 'run/coop/x_task/2/f1_f2/eval.json')}: Unterminated string`),
    expect.stringContaining(`${join(logs, 'run/coop/x_task/3/f1_f2/result.json')}: `),
    expect.stringContaining(`${join(logs, 'run/coop/x_task/4/f1_f2/result.json')} cannot be used: `),
    `${join(logs, 'run/coop/x_task/5/f1_f2/eval.json')}: individual.agent1: found null, expected an object`,
    expect.stringContaining(`${join(logs, 'run/coop/x_task/6/f1_f2/result.json')} cannot be used: `),
  ]);
});

test('a fault of a plugin, such as a setting that throws, is not called an infrastructure failure', async () => {
  const reason = 'The setting "duo" of plugin p failed in phases: boom';
  const expectedLoss = { status: 'Error', error: reason, error_code: 'PLUGIN_FAULT' };
  const agents = { agent1: seat(1, expectedLoss), agent2: seat(2, expectedLoss) };
  write('run/coop/x_task/1/f1_f2/result.json', result({ agents }));
  const { trials } = await readRun(logs, 'run');
  expect(trials[0]?.cause).toEqual({
    name: 'plugin',
    sentence: `A plugin failed: agent1, agent2 were lost: ${reason}`,
  });
});

test('a trial that the user stopped has no verdict and is nobody’s failure', async () => {
  const agents = { agent1: seat(1, { status: 'Cancelled', error: 'stopped' }), agent2: seat(2) };
  write('run/coop/x_task/1/f1_f2/result.json', result({ agents }));
  const { trials } = await readRun(logs, 'run');
  expect(trials).toMatchObject([{ verdict: 'none', cause: null }]);
});

test('a run that does not exist, or that holds a link, is refused', async () => {
  mkdirSync(join(logs, 'run'));
  await expect(readRun(logs, 'rum')).rejects.toMatchObject({
    code: 'UNKNOWN_RUN',
    hint: 'Did you mean "run"?',
  });
  writeFileSync(join(logs, 'file'), '');
  for (const elsewhere of [join(logs, 'none'), join(logs, 'file')])
    await expect(readRun(elsewhere, 'run')).rejects.toMatchObject({
      code: 'UNKNOWN_RUN',
      hint: 'It holds no runs. Name another directory with --log-dir.',
    });
  await expect(readRun(logs, '../run')).rejects.toMatchObject({ code: 'RUN_NAME' });
  symlinkSync('/etc', join(logs, 'run/link'));
  await expect(readRun(logs, 'run')).rejects.toMatchObject({ code: 'RUN_FOLDER' });
});

test('the verdict under a merge policy is read, and one that is missing is never replaced', async () => {
  const stored = (passed: boolean, at: string, inputs: string) => ({
    ...verdict(passed),
    ...{ features_results: {}, evaluated_at: at, inputs_hash: inputs },
  });
  const files = {
    // Judged under both, with a change of the inputs in between.
    1: {
      ...stored(true, '2026-01-01T00:00:00Z', 'a'),
      verdicts: { lead: { ...stored(false, '2026-01-02T00:00:00Z', 'b'), merge: { strategy: 'lead' } } },
      policies: { union: true, lead: false, strict: false },
    },
    // The conflict decides strict.
    2: { ...stored(true, '2026-01-01T00:00:00Z', 'a'), policies: { union: true, strict: false } },
    // The merge decides all.
    3: {
      ...stored(true, '2026-01-01T00:00:00Z', 'a'),
      merge: { status: 'clean', strategy: 'naive', policy: 'union', conflicts: [] },
      policies: { union: true, strict: true, lead: true },
    },
    // Of the original.
    4: { both_passed: true, merge: { status: 'conflicts', strategy: 'union' }, error: null },
  };
  for (const [task, file] of Object.entries(files)) {
    write(`run/coop/x_task/${task}/f1_f2/result.json`, result());
    write(`run/coop/x_task/${task}/f1_f2/eval.json`, file);
  }
  const read = async (policy?: string) => {
    const { trials, merge_policy } = await readRun(logs, 'run', policy);
    expect(merge_policy).toBe(policy);
    return trials.map((trial) =>
      [trial.verdict, trial.merge_policy, ...(trial.outdated ? ['outdated'] : [])].join(' ').trim(),
    );
  };
  expect(await read()).toEqual(['passed union outdated', 'passed union', 'passed union', 'passed union']);
  expect(await read('union')).toEqual(await read());
  expect(await read('lead')).toEqual(['failed lead', 'none', 'passed lead', 'none']);
  expect(await read('strict')).toEqual(['failed strict', 'failed strict', 'passed strict', 'none']);
  expect(await read('constructor')).toEqual(['none', 'none', 'none', 'none']);
});
