import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createScratch, type Scratch } from './cli.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';

/* Runs with the keys, and in the layouts, of the Python original. Its evaluation records neither seats alone nor paths. */
const scratch: Scratch = createScratch(afterAll);
const onLogs = (...args: string[]) => cooperbench(scratch, [...args, '--log-dir', scratch.logs]);

function write(path: string, content: unknown): void {
  const file = join(scratch.logs, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
}

const patch = '--- a/x.py\n+++ b/x.py\n@@ -1 +1,2 @@\n a\n+b\n';
const use = {
  cost: 0.1,
  steps: 2,
  input_tokens: 9,
  output_tokens: 5,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
};
const seat = (extra: object = {}) => ({ status: 'Submitted', ...use, patch_lines: 4, error: null, ...extra });
const made = {
  ...{ repo: 'x_task', task_id: 1, features: [1, 2], run_id: '0123abcd', run_name: 'py' },
  ...{ agent_framework: 'mini_swe_agent_v2', model: 'vertex_ai/gemini', log_dir: 'logs' },
  ...{ started_at: '2026-01-01T00:00:00', ended_at: '2026-01-01T00:01:00', duration_seconds: 60 },
};
const step = { role: 'assistant', content: 'Now.\n```bash\nls\n```', timestamp: 1_767_225_603 };
const trajectory = {
  agent_id: 'agent1',
  messages: [{ role: 'user', content: 'Do.', timestamp: 1_767_225_601 }, step],
};
const feature = (feature_id: number, passed: boolean) => ({
  ...{ feature_id, passed, exit_code: passed ? 0 : 1, tests_passed: 5, tests_failed: passed ? 0 : 2 },
  test_output: passed ? '5 passed' : 'FAILED t.py::test_a - AssertionError: no',
});

function coop(folder: string, verdict?: object, extra: object = {}): void {
  write(`${folder}/result.json`, {
    ...{ ...made, setting: 'coop', total_cost: 0.2, total_steps: 4, messages_sent: 2 },
    agents: { agent1: seat({ feature_id: 1, ...extra }), agent2: seat({ feature_id: 2 }) },
  });
  for (const id of [1, 2]) {
    write(`${folder}/agent${id}.patch`, patch);
    write(`${folder}/agent${id}_traj.json`, trajectory);
  }
  write(`${folder}/conversation.json`, [
    { from: 'agent2', to: null, message: 'Hm', timestamp: null, feature_id: 2 },
    {
      from: 'agent1',
      to: 'agent2',
      message: 'Who edits \u001b[2Jx.py?',
      timestamp: 1_767_225_602,
      feature_id: 1,
    },
  ]);
  const checked = { setting: 'coop', apply_status: { agent1: 'applied', agent2: 'applied' }, error: null };
  if (verdict) write(`${folder}/eval.json`, { ...checked, ...verdict });
}

function solo(folder: string, passed?: boolean, setting: object = { setting: 'solo' }): void {
  write(`${folder}/result.json`, { ...made, ...setting, agent: seat(), total_cost: 0.1, total_steps: 2 });
  write(`${folder}/solo.patch`, patch);
  write(`${folder}/solo_traj.json`, trajectory);
  const features = { feature1: { passed, test_output: '' }, feature2: { passed: true, test_output: '' } };
  const verdict = { setting: 'solo', merge: null, ...features, both_passed: passed, error: null };
  if (passed !== undefined) write(`${folder}/eval.json`, verdict);
}

const merged = (status: string, strategy: string | null, second: boolean) => ({
  merge: { status, strategy, diff: patch },
  ...{ feature1: feature(1, true), feature2: feature(2, second), both_passed: second },
});

beforeAll(() => {
  coop('py/coop/x_task/1/f1_f2', merged('clean', 'naive', true));
  coop('py/coop/x_task/2/f1_f2', merged('conflicts', 'union', false));
  coop('py/coop/x_task/3/f1_f2', {
    ...merged('error', null, false),
    error: 'Union merge still has conflicts',
  });
  // Evaluated on Google Cloud, where it records no status of a failed merge.
  coop('cloud/coop/x_task/1/f1_f2', {
    ...merged('', null, false),
    ...{ merge: { status: null, strategy: null }, error: 'merge_failed' },
  });
  // Its `Error` is any exception of the agent, whose patch it evaluates.
  coop('py/coop/x_task/4/f1_f2', undefined, { status: 'Error', error: 'boom' });
  for (const task of [1, 2]) solo(`py/solo/x_task/${task}/f1_f2`, true);
  write('py/summary.json', {
    run_name: 'py',
    completed_at: '2026-01-01T00:05:00',
    total_tasks: 2,
    pass_rate: 1,
  });
  // Its second form has no folder of the setting, and at first named none.
  coop('flat/x_task/1/f1_f2', merged('clean', 'naive', true));
  solo('flat/x_task/2/f1_f2', undefined, {});
  for (const name of ['agent1', 'agent2']) {
    write(`oldest/x_task/task1/features_1_2/${name}/trajectory.json`, [
      { role: 'agent_message', content: 'hi' },
    ]);
    write(`oldest/x_task/task1/features_1_2/${name}/patch.diff`, patch);
  }
});

test('list runs counts their trials', async () => {
  const { stdout, stderr } = await onLogs('list', 'runs');
  const rows = stdout.trimEnd().split('\n');
  expect(
    rows.map((row) =>
      row
        .replace(/\t\w*$/, '')
        .split('\t')
        .join(' '),
    ),
  ).toEqual([
    'cloud coop 1 n/a n/a n/a $0.20',
    'flat coop 1 n/a 100.0% n/a $0.20',
    'flat solo 1 n/a n/a n/a $0.10',
    'oldest coop 1 n/a n/a n/a unknown',
    'py coop 4 n/a 50.0% n/a $0.80',
    'py solo 2 n/a 100.0% n/a $0.20',
  ]);
  expect(stderr).toBe('');
});

test('report compares their settings, and says what they do not record', async () => {
  const { conditions, comparisons } = JSON.parse(
    (await onLogs('report', 'py', 'flat', 'oldest', '--json')).stdout,
  );
  const sent = {
    messages: 8,
    questions: 4,
    unanswered: null,
    to_finished: null,
    refused: null,
    unread: null,
  };
  expect(conditions).toMatchObject([
    {
      ...{ label: 'py coop', trials: 4, passed: 1, failed: 1, not_evaluated: 1, cost: 0.8, seconds: 240 },
      ...{ errors: [{ trial: 'coop/x_task/3/f1_f2' }], individual: { rate: null }, overall: { rate: null } },
      ...{ merged: { rate: 0.5, observations: 2 }, communication: { ...sent, trials: 4, steps: 8 } },
    },
    { label: 'py solo', passed: 2, merged: { rate: 1 }, communication: { messages: 0 } },
    { label: 'flat coop', passed: 1 },
    { label: 'flat solo', judged: 'single', not_evaluated: 1 },
    { label: 'oldest', not_evaluated: 1, cost: null, seconds: null, communication: { messages: null } },
  ]);
  expect(comparisons[0]).toMatchObject({
    baseline: 'py solo',
    other: 'py coop',
    pairs: 2,
    deficit: { estimate: 0.5 },
  });
  const { stdout } = await onLogs('report', 'py', '--label', 'py coop=k=1');
  expect(stdout).toContain(
    'The patches conflict, and after the union merge, feature 2 fails (2 of 7 tests failed, first "t.py::test_a": AssertionError: no).\n',
  );
  expect(stdout).toMatch(/\n {2}k=1 +8 +2\.0 +n\/a +n\/a +n\/a +4 +n\/a /);
});

test('report refuses a label of a run that it does not have', async () => {
  expect(await onLogs('report', 'py', '--label', 'pi=k')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(
      '--label names "pi"; no run of the report is called that.\nIts runs: py.',
    ),
  });
});

test('show names what their files do not record', async () => {
  const { stdout } = await onLogs('show', 'oldest');
  expect(stdout).toMatch(
    /\ncoop\/x_task\/1\/f1_f2 {2}not evaluated {2}not recorded {2}unknown {2}not recorded\n$/,
  );
  const ending = await onLogs('show', 'py', 'coop/x_task/2/f1_f2');
  expect(ending).toMatchObject({ code: 0, stderr: '' });
  expect(ending.stdout).toContain(`
Time line
  1s  agent2  to all: Hm
  1s  agent1  to agent2: Who edits x.py?
  2s  agent1  Submitted after 2 steps
  2s  agent2  Submitted after 2 steps
`);
});
