import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeSimulatedRun } from '@cooperbench/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { report } from '../report/report.ts';
import { readRun } from '../trials/read-run.ts';
import { exportAtif } from './export-atif.ts';
import { exportInspect } from './export-inspect.ts';

const run = promisify(execFile);
describe('tools of others read what is exported', () => {
  const root = mkdtempSync(join(tmpdir(), 'cooperbench-exports-'));
  const python = join(root, 'venv/bin/python');
  const source = new URL('../../../../python/cooperbench-results', import.meta.url).pathname;

  beforeAll(async () => {
    await writeSimulatedRun(root, 'x', { pairs: 12, repetitions: 2 });
    writeStrange(join(root, 'strange/coop/a_task/1/f1_f2'));
    await run('python3', ['-m', 'venv', join(root, 'venv')]);
    const install = (...args: string[]) => run(python, ['-m', 'pip', 'install', '--quiet', ...args]);
    // A build leaves folders beside the source.
    cpSync(source, join(root, 'source'), { recursive: true });
    await install('inspect-ai', `${join(root, 'source')}[wandb]`);
    // Only its validator runs, which needs none of its libraries, nor a Python as new as its commands.
    await install('--no-deps', '--ignore-requires-python', 'harbor');
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  async function evaluated(code: string, ...args: string[]): Promise<unknown> {
    const { stdout } = await run(python, ['-c', `import json, sys\n${code}`, ...args], { maxBuffer: 1e8 });
    return JSON.parse(stdout);
  }

  test('Weights & Biases takes the rates of the report, and the trials as a table', async () => {
    const output = join(root, 'wandb-output');
    mkdirSync(output);
    const code =
      'import sys; from cooperbench_results import *; log_to_wandb(sys.argv[1], mode="offline", dir=sys.argv[2])';
    const options = { env: { ...process.env, WANDB_SILENT: 'true' } };
    await run(python, ['-c', code, join(root, 'x'), output], options);
    const files = readdirSync(join(output, 'wandb'), { recursive: true, encoding: 'utf8' });
    const logged = (pattern: RegExp): string => {
      const file = files.find((file) => file.startsWith('offline-run-') && pattern.test(file));
      return readFileSync(join(output, 'wandb', file ?? expect.fail(String(pattern))), 'latin1');
    };
    const { columns, data } = JSON.parse(logged(/trials_.*\.table\.json$/));
    expect(columns).toEqual(expect.arrayContaining(['pair', 'verdict', 'cost']));
    expect(data).toHaveLength((await readRun(root, 'x')).trials.length);
    expect(logged(/\.wandb$/)).toContain('coop/pass_rate');
  });

  test.each(['x', 'strange'])(
    'the validator of Harbor accepts every trajectory of the run %s',
    async (name) => {
      const { files } = await exportAtif(root, name, join(root, `${name}.atif`));
      expect(files.length).toBeGreaterThan(0);
      const code = `
from harbor.utils.trajectory_validator import TrajectoryValidator
def errors(path):
    validator = TrajectoryValidator()
    return [] if validator.validate(path) else [path, *validator.get_errors()]
print(json.dumps([errors(path) for path in sys.argv[1:]]))`;
      expect(await evaluated(code, ...files)).toEqual(files.map(() => []));
    },
  );

  test.each(['x', 'strange'])(
    'Inspect reads the logs of the run %s, with the verdicts of the report',
    async (name) => {
      const { files } = await exportInspect(root, name, join(root, `${name}.inspect`));
      const code = `
from inspect_ai.log import read_eval_log, read_eval_log_sample_summaries
def read(path):
    log = read_eval_log(path)
    rate = log.results.scores[0].metrics["pass_rate"].value if log.results.scores else None
    summaries = len(read_eval_log_sample_summaries(path))
    score = lambda sample: sample.scores["both_passed"].value if sample.scores else None
    samples = {f"{s.id}@{s.epoch}": [score(s), len(s.messages), s.error is not None] for s in log.samples}
    return {"rate": rate, "summaries": summaries, "samples": samples}
print(json.dumps([read(path) for path in sys.argv[1:]]))`;
      const logs = (await evaluated(code, ...files)) as {
        rate: number | null;
        summaries: number;
        samples: Record<string, [string | null, number, boolean]>;
      }[];
      const whole = await readRun(root, name);
      const { conditions } = report([whole]);
      expect(logs.map(({ rate }) => rate)).toEqual(conditions.map(({ merged }) => merged.rate));
      for (const [index, { setting }] of conditions.entries()) {
        const trials = whole.trials.filter((trial) => trial.setting === setting);
        expect(logs[index]?.summaries).toBe(trials.length);
        for (const { pair, repetition, verdict, seats } of trials) {
          const [score, messages, isError] = logs[index]?.samples[`${pair}@${repetition}`] ?? [];
          expect(score).toBe(verdict === 'passed' ? 'C' : verdict === 'failed' ? 'I' : null);
          expect(messages).toBeGreaterThan(seats.length);
          expect(isError).toBe(verdict === 'error');
        }
      }
    },
  );
});

/**
 * Returns what frameworks may write: sub-agents, calls without ids or with broken arguments, results of nothing, other roles.
 */
function writeStrange(trial: string): void {
  mkdirSync(trial, { recursive: true });
  const seat = { status: 'Completed', cost: 0.5, steps: 1 };
  const result = {
    ...{ schema_version: 1, setting: 'coop', judged: 'merge', run_id: '1a2b3c4d', features: [1, 2] },
    agents: { agent1: { ...seat, feature_id: 1, model: null }, agent2: { ...seat, feature_id: 2 } },
  };
  writeFileSync(join(trial, 'result.json'), JSON.stringify(result));
  const messages = [
    { role: 'system', content: [{ type: 'text', text: 'Rules.' }] },
    { role: 'user', content: 'Do it.', timestamp: 1.5 },
    { role: 'tool', content: 'of nothing', tool_call_id: 'gone' },
    {
      ...{
        role: 'assistant',
        content: '',
        reasoning_content: 'Hm.',
        input_tokens: 3,
        output_tokens: 2,
        cost: 0.1,
      },
      tool_calls: [
        { id: 'a', name: 'bash', arguments: '{"command": "ls"}' },
        { function: { name: 'task', arguments: 'no JSON' } },
        null,
      ],
    },
    { role: 'assistant', content: 'From below.', subagent: 'a' },
    { role: 'tool', content: null, tool_call_id: 'a' },
    { role: 'tool', content: 'last', tool_call_id: 7 },
    { role: 'agent_message', content: 'done\u202e \u0000' },
    { role: 'moderator', content: { odd: true } },
  ];
  for (const id of [1, 2]) writeFileSync(join(trial, `agent${id}_traj.json`), JSON.stringify({ messages }));
}
