import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EvaluationFile } from '@cooperbench/records';
import { afterAll, beforeAll } from 'vitest';
import { createScratch, type Scratch, sampleDataset } from './cli.test.support.ts';
import { runInProcess } from './in-process.test.support.ts';
import { readJson } from './run-files.test.support.ts';
import { needing } from './services.test.support.ts';

/** Where each attack is tried: with bubblewrap on this machine, and on Docker. The tasks have no network. */
const places = {
  local: { needs: 'bubblewrap', options: ['--backend', 'local'] },
  docker: {
    needs: 'docker',
    options: [...['--backend', 'docker', '--backend-option', 'docker.baseImage=cooperbench-test/base']],
  },
} as const;
export type Where = keyof typeof places;

/** Describes a group of tests for each backend. `--backend` and its options are `onBackend(where)`. */
export function describeOnEachBackend(title: string, tests: (backendName: Where) => void): void {
  for (const backendName of Object.keys(places) as Where[]) {
    const { reason, describe: describeHere } = needing(places[backendName].needs);
    describeHere(`${title}, on ${backendName}${reason}`, () => tests(backendName));
  }
}

export function onBackend(backendName: Where): readonly string[] {
  return places[backendName].options;
}

/** What the seats of a pair handed in. */
export interface HandedIn {
  /** `recur_task/8/f1_f2`, of the dataset. */
  readonly pair: string;
  /** By seat, in merge order: agent1 has the first feature. An absent seat handed in an empty patch. */
  readonly patches: readonly (string | Uint8Array)[];
  /** Absent means the sample dataset. */
  readonly dataset?: string;
  /** More arguments of `eval`. */
  readonly args?: readonly string[];
}

const run = 'attacked';

/** Writes a run of one trial with these patches, as two agents leave it, and evaluates it. Resolves with its eval.json. */
export async function evaluated(
  scratch: Scratch,
  backendName: Where,
  handedIn: HandedIn,
): Promise<EvaluationFile> {
  await evaluate(scratch, backendName, { coop: handedIn }, handedIn);
  return verdictOf(scratch, 'coop', handedIn);
}

/**
 * Before the tests: evaluates one trial for each name together, so that the controls of their tasks run once. The trials are those
 * of settings that have the names. Returns what takes a name's eval.json.
 */
export function evaluatedTogether(
  backendName: Where,
  make: (scratch: Scratch) => Readonly<Record<string, Pick<HandedIn, 'pair' | 'patches'>>>,
): (name: string) => EvaluationFile {
  let remove = (): void => {};
  const verdicts = new Map<string, EvaluationFile>();
  beforeAll(async () => {
    const scratch = createScratch((work) => {
      remove = work;
    });
    const trials = Object.entries(make(scratch)).map(
      ([name, one], index) => [name, `case${index}`, one] as const,
    );
    await evaluate(
      scratch,
      backendName,
      Object.fromEntries(trials.map(([, setting, one]) => [setting, one])),
    );
    for (const [name, setting, one] of trials) verdicts.set(name, verdictOf(scratch, setting, one));
  });
  afterAll(() => remove());
  return (name) => {
    const verdict = verdicts.get(name);
    if (!verdict) throw new Error(`no trial is named "${name}"`);
    return verdict;
  };
}

async function evaluate(
  scratch: Scratch,
  backendName: Where,
  trials: Readonly<Record<string, HandedIn>>,
  { dataset = sampleDataset, args = [] }: Pick<HandedIn, 'dataset' | 'args'> = {},
): Promise<void> {
  for (const [setting, trial] of Object.entries(trials)) writeTrial(scratch, setting, trial);
  const ending = await runInProcess(scratch, [
    ...['eval', '-n', run, '--force', '--json', ...onBackend(backendName), ...args],
    ...['--dataset-dir', dataset, '--log-dir', scratch.logs],
  ]);
  if (ending.code !== 0) throw new Error(`eval exited ${ending.code}: ${ending.stderr}${ending.stdout}`);
}

function verdictOf(scratch: Scratch, setting: string, { pair }: HandedIn): EvaluationFile {
  return readJson<EvaluationFile & Record<string, unknown>>(scratch.logs, run, setting, pair, 'eval.json');
}

function writeTrial({ logs }: Scratch, setting: string, { pair, patches }: HandedIn): void {
  const directory = join(logs, run, setting, pair);
  const [repo = '', task = '', feature = ''] = pair.split('/');
  const features = feature.split('_').map((name) => Number(name.slice(1)));
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  for (const [index, id] of features.entries())
    writeFileSync(join(directory, `agent${id}.patch`), patches[index] ?? '');
  const seat = (id: number): object => ({ feature_id: id, status: 'Completed', cost: 0, steps: 1 });
  const result = {
    ...{ schema_version: 1, repo, task_id: Number(task), features, setting, judged: 'merge' },
    ...{ run_id: '01234567', run_name: run, agent_framework: 'attacker', model: 'attacker' },
    agents: Object.fromEntries(features.map((id, index) => [`agent${index + 1}`, seat(id)])),
    ...{ untrusted: true, log_dir: directory },
  };
  writeFileSync(join(directory, 'result.json'), JSON.stringify(result));
}

/** Returns the golden patch of a feature of the sample dataset, or of another. */
export function golden(task: string, feature: number, dataset: string = sampleDataset): string {
  return join(dataset, task, `feature${feature}`, 'feature.patch');
}

/**
 * Returns the diff that `change`, a piece of sh, makes in a task's work tree. It may call `golden N` to apply a feature's
 * golden patch. `options` are those of `git diff`.
 */
export function patchOf(
  scratch: Scratch,
  task: string,
  change: string,
  { dataset = sampleDataset, options = [] }: { dataset?: string; options?: readonly string[] } = {},
): Buffer {
  const directory = join(scratch.root, 'patch-of');
  const taskDir = join(dataset, task);
  const script = `set -e
golden() { git apply --whitespace=nowarn "${taskDir}/feature$1/feature.patch"; }
sh "${taskDir}/setup.sh" "${directory}" && cd "${directory}"
{ ${change}
} >&2
git -c core.safecrlf=false add --all --force
git diff --cached --binary --full-index --no-color "$@" HEAD`;
  try {
    return execFileSync('sh', ['-c', script, 'sh', ...options], { maxBuffer: 256 * 1024 * 1024 });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
