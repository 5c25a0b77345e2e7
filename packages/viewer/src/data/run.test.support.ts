import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

export const startedAt = Date.parse('2026-11-01T00:00:00Z') / 1000;
export const trial = 'coop/a_task/1/f1_f2';

/** Returns a log directory that goes after the test. Writes files into it: texts as they are, anything else as JSON. */
export function logDirectory(files: Readonly<Record<string, unknown>> = {}): string {
  const logs = realpathSync(mkdtempSync(join(tmpdir(), 'cooperbench-viewer-')));
  onTestFinished(() => rmSync(logs, { recursive: true, force: true }));
  write(logs, files);
  return logs;
}

export function write(folder: string, files: Readonly<Record<string, unknown>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(
      join(folder, path),
      typeof content === 'string' ? content : JSON.stringify(content, null, 2),
    );
  }
}

const time = (seconds: number): string => new Date((startedAt + seconds) * 1000).toISOString();
const jsonl = (lines: readonly object[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

const seat = (feature_id: number) => ({
  feature_id,
  file_stem: `agent${feature_id}`,
  status: 'Completed',
  cost: 0.02,
  cost_known: true,
  steps: 2,
  input_tokens: 100,
  output_tokens: 30,
  patch_lines: 2,
  error: null,
  agent_framework: 'mini',
  model: 'm',
});

const call = (command: string) => [{ id: '1', name: 'bash', arguments: { command } }];
const answer = (seconds: number, command: string) => ({
  role: 'assistant',
  content: 'I do it.',
  timestamp: startedAt + seconds,
  cost: 0.01,
  input_tokens: 50,
  output_tokens: 15,
  tool_calls: call(command),
});

const trajectory = (...commands: readonly [number, string][]) => ({
  agent_id: 'x',
  messages: [
    { role: 'system', content: 'You are one of two.', timestamp: startedAt + 1 },
    ...commands.flatMap(([seconds, command]) => [
      answer(seconds, command),
      { role: 'tool', content: `ran "${command}" {[\\`, timestamp: startedAt + seconds + 1 },
    ]),
  ],
});

const patch = (line: string): string =>
  `diff --git a/src/a.py b/src/a.py\n--- a/src/a.py\n+++ b/src/a.py\n@@ -1,3 +1,4 @@\n one\n+${line}\n two\n three\n`;

/** A pair that conflicts: two seats that talk, share git and change the same line. */
export const pairFiles: Readonly<Record<string, unknown>> = {
  'result.json': {
    ...{ schema_version: 1, repo: 'a_task', task_id: 1, features: [1, 2], repetition: 1, setting: 'coop' },
    ...{ judged: 'merge', started_at: time(0), duration_seconds: 60, messages_sent: 2, model: 'm' },
    agents: { agent1: seat(1), agent2: seat(2) },
  },
  'events.jsonl': jsonl([
    {
      type: 'trial_started',
      time: time(0),
      seats: [
        { seat: 'agent1', features: [1] },
        { seat: 'agent2', features: [2] },
      ],
    },
    { type: 'sandbox_ready', time: time(1), seat: 'agent1' },
    { type: 'sandbox_ready', time: time(2), seat: 'agent2' },
    { type: 'step', time: time(10), seat: 'agent1', steps: 1, cost: 0.01, cost_known: true },
    {
      type: 'message',
      time: time(11),
      id: 'm1',
      from: 'agent1',
      to: 'agent2',
      text: "I'll change src/a.py. I won't touch b.py. Fine?",
      accepted: true,
      accepted_by: ['agent2'],
    },
    { type: 'message_delivered', time: time(20), id: 'm1', seat: 'agent2' },
    {
      type: 'message',
      time: time(21),
      id: 'm2',
      from: 'agent2',
      to: 'agent1',
      text: 'Yes.',
      accepted: true,
      accepted_by: ['agent1'],
    },
    { type: 'message_delivered', time: time(22), id: 'm2', seat: 'agent1' },
    { type: 'step', time: time(20), seat: 'agent2', steps: 1, cost: 0.01, cost_known: true },
    {
      ...{ type: 'git', time: time(31), seat: 'agent1', service: 'push', exit_code: 0 },
      refs: [{ name: 'refs/heads/agent1', from: null, to: 'abc' }],
    },
    {
      type: 'seat_finished',
      time: time(40),
      seat: 'agent1',
      status: 'Completed',
      steps: 2,
      cost: 0.02,
      cost_known: true,
      error: null,
    },
    {
      type: 'message',
      time: time(45),
      id: 'm3',
      from: 'agent2',
      to: 'agent1',
      text: 'Done.',
      accepted: false,
      accepted_by: [],
    },
    {
      type: 'seat_finished',
      time: time(50),
      seat: 'agent2',
      status: 'Completed',
      steps: 2,
      cost: 0.02,
      cost_known: true,
      error: null,
    },
  ]),
  'agent1.patch': patch('from_agent1 = 1'),
  'agent2.patch': patch('from_agent2 = 2'),
  'agent1_traj.json': trajectory(
    [10, 'send_message agent2 "…"'],
    [30, 'echo "from_agent1 = 1" >> src/a.py; git push team x'],
  ),
  'agent2_traj.json': trajectory(
    [20, 'send_message agent1 Yes.'],
    [44, "sed -i '2i from_agent2 = 2' src/a.py"],
  ),
  'conversation.json': [],
  'eval.json': {
    ...{ schema_version: 1, both_passed: false, overall_success: false, error: null },
    apply_status: { agent1: 'applied', agent2: 'applied' },
    merge: { status: 'conflicts', strategy: null, policy: 'strict', diff: '', conflicts: ['src/a.py'] },
    policies: { strict: false },
    features_results: {
      1: { feature_id: 1, passed: false, exit_code: null, tests_passed: 0, tests_failed: 0, test_output: '' },
    },
    individual: {
      agent1: {
        feature_id: 1,
        success: true,
        exit_code: 0,
        tests_passed: 3,
        tests_failed: 0,
        error: null,
        test_output: '3 passed',
      },
      agent2: {
        feature_id: 2,
        success: false,
        exit_code: 1,
        tests_passed: 1,
        tests_failed: 1,
        error: null,
        test_output: 'FAILED t.py::test_b - AssertionError: no\n1 failed, 1 passed',
      },
    },
    dropped: [],
  },
};

/** Returns the files of one run, `run`, with one trial. */
export function runFiles(
  run: string,
  files: Readonly<Record<string, unknown>> = pairFiles,
  id: string = trial,
) {
  return Object.fromEntries(
    Object.entries(files).map(([name, content]) => [`${run}/${id}/${name}`, content]),
  );
}
