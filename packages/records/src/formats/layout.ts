import { join } from 'node:path';

interface Pair {
  readonly task: { readonly repo: string; readonly taskId: number };
  readonly features: readonly number[];
}

/** `<repo>/<task_id>/f1_f2`: how files and reports name a pair. */
export function pairId(pair: Pair): string {
  return `${pair.task.repo}/${pair.task.taskId}/${pair.features.map((id) => `f${id}`).join('_')}`;
}

/**
 * `<setting>/<repo>/<task_id>/f1_f2`, with `@2` for the second repetition of the pair: how events, reports and folders name
 * a trial.
 */
export function getTrialId(setting: string, pair: Pair, repetition: number): string {
  return `${setting}/${pairId(pair)}${repetition === 1 ? '' : `@${repetition}`}`;
}

export function getTrialDir(runDir: string, id: string): string {
  return join(runDir, ...id.split('/'));
}
