import { join } from 'node:path';
import type { FeatureSet } from '../contracts/task.ts';

/** `<repo>/<task_id>/f1_f2`: how files and reports name a pair. */
export function pairId(pair: {
  task: { repo: string; taskId: number };
  features: readonly number[];
}): string {
  return `${pair.task.repo}/${pair.task.taskId}/${pair.features.map((id) => `f${id}`).join('_')}`;
}

/** `<setting>/<repo>/<task_id>/f1_f2`: how events, reports and folders name a trial. */
export function trialId(setting: string, pair: FeatureSet): string {
  return `${setting}/${pairId(pair)}`;
}

export function trialDir(runDir: string, id: string): string {
  return join(runDir, ...id.split('/'));
}

/** The stem of a seat's files: `agent<F>` with F its first feature, or `solo`. */
export function seatStem(seat: { readonly seat: string; readonly features: readonly number[] }): string {
  return seat.seat === 'solo' ? 'solo' : `agent${seat.features[0]}`;
}
