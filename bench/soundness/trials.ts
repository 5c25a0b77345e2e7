import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { discover, select } from '../../packages/runs/dist/index.js';
import { sampleDataset } from '../local-sandboxes.ts';
import type { Limit } from './limits.ts';
import type { Ending } from './machines.ts';

/** `right`: its verdict is that of a machine with room. `error`: it has none, and the command said so. */
export type Outcome = 'right' | 'error' | 'wrong';

/** What takes 160 MiB before tests run, as a child that the tests wait for or that takes the runner with it, or 70 processes. */
const hungry = {
  'ttl_cache_task/task27':
    'i=0; while [ $i -lt 70 ]; do sleep 1 > /dev/null 2>&1 & i=$((i + 1)); done || exit 1',
  'recur_task/task8': `python3 -c 'b"x" * (160 << 20)' || { echo 'the tests could not begin'; exit 1; }`,
  'text_table_task/task14': `node -e 'Buffer.alloc(160 << 20, 1)' || kill -9 $$`,
};

/** The repository whose tests need what a machine lacks. */
export const repoFor: Readonly<Record<Limit['kind'], string>> = {
  disk: 'text_table_task',
  'filled disk': 'text_table_task',
  processes: 'ttl_cache_task',
  memory: 'recur_task',
};

/** Writes the sample dataset, with images of its own and tasks whose tests need memory or processes. */
export function writeDataset(root: string): void {
  const dataset = join(root, 'dataset');
  cpSync(sampleDataset, dataset, { recursive: true, filter: (path) => !path.includes('node_modules') });
  for (const { directory, repo, taskId } of discover(dataset).tasks) {
    const settings = join(directory, 'task.json');
    const image = `cooperbench-soundness/${repo}:task${taskId}`;
    writeFileSync(settings, JSON.stringify({ ...JSON.parse(readFileSync(settings, 'utf8')), image }));
  }
  for (const [task, command] of Object.entries(hungry)) {
    const script = join(dataset, task, 'run_tests.sh');
    writeFileSync(
      script,
      readFileSync(script, 'utf8').replace(/\nexec /, () => `\n${command}\nexec `),
    );
  }
}

/** Writes what the scripted agent does: it applies the golden patch of its feature, and notes that in a file. */
export function writeScripts(root: string): void {
  const scripts = select(discover(sampleDataset)).flatMap(({ task, features }) =>
    features.map((feature) => {
      const patch = readFileSync(join(task.directory, `feature${feature}/feature.patch`), 'utf8');
      return {
        match: { task: `${task.repo}/task${task.taskId}`, features: [feature] },
        turns: [{ run: `git apply <<'PATCH'\n${patch}PATCH` }, { run: 'echo done > NOTES; cat NOTES' }],
      };
    }),
  );
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, 'golden.json'), JSON.stringify({ scripts }));
}

/** Arguments of a command on the trials of an agent, whose run has its name. `repo`: only on those of this repository. */
export function listArgs(
  command: 'run' | 'eval',
  agent: 'oracle' | 'scripted',
  logs: string,
  repo?: string,
): string[] {
  const run = [
    ...(agent === 'oracle' ? ['-a', 'oracle', '--no-auto-eval'] : ['-m', 'scripted/golden.json']),
    ...['--timeout', '120s'],
  ];
  const runFlags = command === 'run' ? run : [];
  // Python and Node, whose golden patches merge and pass.
  const subset = ['--dataset-dir', 'dataset', '-s', 'smoke', ...(repo ? ['-r', repo] : [])];
  return [command, '-n', agent, ...runFlags, ...subset, '--log-dir', logs, '--reporter', 'silent'];
}

/**
 * Returns what became of each trial of a run, by its folder. `expected`: how many there are. `repo`: only of this repository.
 */
export function mapOutcomes(
  logs: string,
  agent: string,
  { code, output }: Ending,
  expected: number,
  repo = '',
): Map<string, Outcome> {
  const outcomeByTrial = new Map<string, Outcome>();
  for (const directory of listTrialsBelow(join(logs, agent, 'coop', repo))) {
    const file = join(directory, 'eval.json');
    const previousResult = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Stored) : undefined;
    const isRight = previousResult?.error === null && previousResult.overall_success;
    // A trial without a verdict is an error, if the command says so.
    const isError =
      (previousResult === undefined || previousResult.error !== null) && code !== 0 && code !== null;
    outcomeByTrial.set(directory.slice(logs.length), isRight ? 'right' : isError ? 'error' : 'wrong');
  }
  // A command that failed before it wrote anything says so, too.
  const hasFailed = code !== 0 && code !== null && output !== '';
  for (let missing = outcomeByTrial.size; missing < expected; missing += 1)
    outcomeByTrial.set(`missing ${missing}`, hasFailed ? 'error' : 'wrong');
  return outcomeByTrial;
}

/** Removes the verdicts of all runs in a log directory. */
export function forgetVerdicts(logs: string): void {
  for (const directory of listTrialsBelow(logs)) rmSync(join(directory, 'eval.json'), { force: true });
}

interface Stored {
  readonly error: string | null;
  readonly overall_success: boolean;
}

function listTrialsBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return entries.flatMap(({ name }) => {
    const path = join(folder, name);
    return /^f\d+(_f\d+)+$/.test(name) ? [path] : listTrialsBelow(path);
  });
}
