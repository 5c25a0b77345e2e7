import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const startedAt = Date.parse('2026-11-01T00:00:00Z') / 1000;

/** The id of the one pair whose trajectories `writePair` writes. */
export const pair = 'coop/a_task/1/f1_f2';

/** Writes a run with one pair. The trajectory of its first seat has about so many bytes, in steps of 20 kB. */
export function writePair(logs: string, run: string, bytes: number): void {
  const folder = join(logs, run, pair);
  mkdirSync(folder, { recursive: true });
  const steps = Math.ceil(bytes / 20_000);
  const seats = { agent1: steps, agent2: 10 };
  const write = (name: string, value: unknown): void =>
    writeFileSync(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
  for (const [index, count] of Object.values(seats).entries()) {
    write(`agent${index + 1}_traj.json`, { agent_id: `agent${index + 1}`, messages: listMessages(count) });
    writeFileSync(join(folder, `agent${index + 1}.patch`), '');
  }
  write('result.json', buildResult(1, [1, 2], steps));
}

/** Writes a run with so many judged trials, of tasks with 25 pairs each. */
export function writeTrials(logs: string, run: string, trials: number): void {
  for (let index = 0; index < trials; index += 1) {
    const task = Math.floor(index / 25);
    const features = [1, 2 + (index % 25)];
    const folder = join(logs, run, `coop/a_task/${task}/f${features.join('_f')}`);
    mkdirSync(folder, { recursive: true });
    const hasPassed = index % 3 === 0;
    const tests = { exit_code: hasPassed ? 0 : 1, tests_passed: 5, tests_failed: hasPassed ? 0 : 1 };
    const output = { ...tests, error: null, test_output: 'a line of output\n'.repeat(100) };
    const evaluation = {
      ...{ schema_version: 1, both_passed: hasPassed, overall_success: hasPassed, error: null },
      apply_status: { agent1: 'applied', agent2: 'applied' },
      merge: { status: 'clean', strategy: 'naive', policy: 'union', diff: '', conflicts: [] },
      features_results: Object.fromEntries(
        features.map((feature) => [feature, { feature_id: feature, passed: hasPassed, ...output }]),
      ),
      individual: Object.fromEntries(
        features.map((feature, seat) => [
          `agent${seat + 1}`,
          { feature_id: feature, success: true, ...output },
        ]),
      ),
    };
    writeFileSync(join(folder, 'result.json'), JSON.stringify(buildResult(task, features, 10)));
    writeFileSync(join(folder, 'eval.json'), JSON.stringify(evaluation));
  }
}

function buildResult(task: number, features: readonly number[], steps: number): object {
  const seat = { status: 'Completed', cost: 0.1, cost_known: true, steps, patch_lines: 3, error: null };
  const agents = features.map((feature, index) => [
    `agent${index + 1}`,
    { feature_id: feature, file_stem: `agent${index + 1}`, agent_framework: 'a', model: 'm', ...seat },
  ]);
  return {
    ...{ schema_version: 1, repo: 'a_task', task_id: task, features, repetition: 1, setting: 'coop' },
    ...{ judged: 'merge', started_at: '2026-11-01T00:00:00.000Z', duration_seconds: 60 },
    agents: Object.fromEntries(agents),
  };
}

/** Steps as agents make them: a command, and 20 kB of what it printed. */
function listMessages(steps: number): object[] {
  const output = Array.from(
    { length: 250 },
    (_, line) => `src/file_${line}.py:${line}: "a line" \\ of { output }\t[1]`,
  );
  const text = output.join('\n').padEnd(18_000, ' .');
  return Array.from({ length: steps }, (_, step) => [
    {
      ...{ role: 'assistant', content: 'I look at it.', timestamp: startedAt + step, cost: 0.01 },
      ...{ input_tokens: 1000, output_tokens: 50 },
      tool_calls: [{ id: String(step), name: 'bash', arguments: { command: `grep -rn line_${step} src` } }],
    },
    { role: 'tool', content: `${step}\n${text}`, timestamp: startedAt + step + 0.5 },
  ]).flat();
}
