import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Submission, Verdict } from '../contracts/evaluator.ts';
import { evaluationProgram } from '../evaluation/program.ts';
import { dropRules } from '../evaluation/test-file-rule.ts';
import { type EvaluationFile, readEvaluation, statusOf } from '../records/evaluation-file.ts';
import type { EventStream } from '../records/event-stream.ts';
import { keepAside } from '../records/read-json.ts';
import type { StoredTrial } from '../records/read-trials.ts';
import { writing } from './log-dir.ts';

/**
 * Hash of everything that a verdict depends on: patches, tests, references, scripts, image, rules, policy, evaluator and
 * evaluation program.
 */
export async function inputsHash(submission: Submission, how: readonly unknown[]): Promise<string> {
  const { task, features, patches, judged, lost, references } = submission;
  const hash = createHash('sha256');
  const add = (name: string, content: string | Uint8Array): void => {
    hash.update(`${name}\0${content.length}\0`).update(content);
  };
  add('how', JSON.stringify([...how, features, judged, lost === undefined]));
  add('task', JSON.stringify([task.image, task.timeoutSeconds]));
  add('rules', dropRules(task));
  add('program', evaluationProgram);
  for (const { seat, features: own, patch } of patches) add(`${seat} ${own.join(',')}`, patch);
  for (const id of features) {
    add(`tests ${id}`, await readFile(join(task.directory, `feature${id}`, 'tests.patch')));
    add(`reference ${id}`, JSON.stringify(references?.get(id) ?? null));
  }
  for (const name of ['setup.sh', 'run_tests.sh', 'runner.sh', 'Dockerfile'])
    add(name, await readFile(join(task.directory, name)).catch(() => ''));
  return hash.digest('hex');
}

/**
 * Whether a trial keeps its verdict: the verdict is not an error and comes from the same inputs. A verdict without a hash
 * comes from another tool and stays. Renames a file that is not readable, so that evaluation does not overwrite it.
 */
export async function keepsVerdict(trial: StoredTrial, hash: string, events: EventStream): Promise<boolean> {
  const path = join(trial.directory, 'eval.json');
  const file = await readEvaluation(trial.directory);
  if (file.state === 'broken' || file.state === 'unusable') {
    const aside = await writing(trial.directory, () => keepAside(path));
    events.notice(
      `${path} is broken (${file.reason}). It is kept as ${aside}, and the trial is evaluated again.`,
      'warning',
    );
  }
  if (file.state !== 'read' || file.value.error) return false;
  return file.value.inputs_hash === undefined || file.value.inputs_hash === hash;
}

/** Turns a verdict into the content of eval.json. */
export function verdictFile(
  { submission, evaluation }: Verdict,
  made: Pick<EvaluationFile, 'evaluated_at' | 'inputs_hash' | 'evaluator' | 'backend' | 'versions'>,
): EvaluationFile {
  const [first, second] = submission.features.map((id) => evaluation.features_results[id]);
  return {
    schema_version: 1,
    repo: submission.task.repo,
    task_id: submission.task.taskId,
    features: submission.features,
    setting: submission.setting,
    ...evaluation,
    feature1: first ?? null,
    feature2: second ?? null,
    ...made,
  };
}

/** Emits a verdict as an event. */
export function emitVerdict(
  { submission, evaluation }: Verdict,
  file: EvaluationFile,
  events: EventStream,
): void {
  const features = Object.values(evaluation.features_results);
  events.emit({
    type: 'verdict',
    trial: submission.id,
    status: statusOf(file),
    both_passed: evaluation.both_passed,
    overall_success: evaluation.overall_success,
    merge: evaluation.merge?.status ?? null,
    strategy: evaluation.merge?.strategy ?? null,
    error: evaluation.error,
    unrecognised: features.some((feature) => feature.unrecognised === true),
    missing_tests: features.some((feature) => feature.missing_tests !== undefined),
  });
}
