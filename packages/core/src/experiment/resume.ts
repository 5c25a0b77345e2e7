import { readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { eachAtOnce } from '../async/each-at-once.ts';
import type { EventStream } from '../records/event-stream.ts';
import { trialDir } from '../records/layout.ts';
import { keepAside, readJson } from '../records/read-json.ts';
import { isUnfinished, type ResultFile } from '../records/result-file.ts';
import type { PlannedTrial, RunPlan } from './plan.ts';

/** Which trials are still to be run, and which keep the result they have. */
export interface Resumption {
  readonly pending: readonly PlannedTrial[];
  readonly kept: ReadonlySet<string>;
  /** USD that the kept results cost. */
  readonly spent: number;
}

/** Looks at what an earlier run of the same name left, and clears away what a killed one was writing. */
export async function resume(plan: RunPlan, force: boolean, events: EventStream): Promise<Resumption> {
  const folders = new Set(plan.trials.map((trial) => dirname(trialDir(plan.runDir, trial.id))));
  await removeTemporaries(plan.runDir);
  await Promise.all([...folders].map(clearLeftovers));
  const kept = new Set<string>();
  let spent = 0;
  for await (const { id, result } of eachAtOnce(plan.trials, 32, async ({ id }) => ({
    id,
    result: await finishedResult(trialDir(plan.runDir, id), events),
  }))) {
    if (!result || force) continue;
    kept.add(id);
    spent += result.total_cost;
  }
  return { pending: plan.trials.filter((trial) => !kept.has(trial.id)), kept, spent };
}

async function finishedResult(directory: string, events: EventStream): Promise<ResultFile | undefined> {
  const path = join(directory, 'result.json');
  const file = await readJson<ResultFile>(path);
  if (file.state === 'broken') {
    events.notice(
      `${path} is broken (${file.reason}); kept as ${await keepAside(path)}, the trial is run again.`,
      'warning',
    );
  }
  return file.state === 'read' && !isUnfinished(file.value) ? file.value : undefined;
}

/**
 * Folders of trials that were being written when their process was killed. One killed between its two renames has left
 * the earlier result as `.old` and nothing in its place: it is put back.
 */
async function clearLeftovers(folder: string): Promise<void> {
  const names: string[] = await readdir(folder).catch(() => []);
  for (const name of names.filter((name) => name.endsWith('.old'))) {
    const place = name.slice(0, -'.old'.length);
    if (names.includes(place)) await rm(join(folder, name), { recursive: true, force: true });
    else await rename(join(folder, name), join(folder, place));
  }
  const running = names.filter((name) => name.endsWith('.running'));
  await Promise.all(running.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

/** Files that were being written (`files/atomic.ts`) when their process was killed. Only the lock's holder may. */
export async function removeTemporaries(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const temporary = names.filter((name) => /\.[0-9a-f]{8}\.tmp$/.test(name));
  await Promise.all(temporary.map((name) => rm(join(folder, name), { force: true })));
}
