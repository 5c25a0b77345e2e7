import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { mapConcurrently } from '@cooperbench/core';
import {
  buildSeats,
  getTrialDir,
  isUnfinished,
  keepAside,
  type ResultFile,
  readResult,
} from '@cooperbench/records';
import type { PlannedTrial, RunPlan } from '../plan/plan.ts';
import type { EventStream } from '../trial/event-stream.ts';
import { keepNotes } from '../trial/trial-files.ts';

/** The trials to run, and the trials that keep their result. */
export interface Resumption {
  readonly pending: readonly PlannedTrial[];
  readonly kept: ReadonlySet<string>;
}

/** Reads the results of an earlier run with the same name, and removes what a killed run left incomplete. */
export async function resume(plan: RunPlan, force: boolean, events: EventStream): Promise<Resumption> {
  const folders = new Set(plan.trials.map((trial) => dirname(getTrialDir(plan.runDir, trial.id))));
  await removeTemporaries(plan.runDir);
  await Promise.all([...folders].map(clearLeftovers));
  const keptIds = new Set<string>();
  const unusableIds = new Set<string>();
  const earlierTrials: FinishedTrial[] = [];
  for await (const { id, found } of mapConcurrently(plan.trials, 32, async ({ id }) => ({
    id,
    found: await findEarlierResult(getTrialDir(plan.runDir, id), force, events),
  }))) {
    if (force || found === undefined) continue;
    if (found === 'unusable') unusableIds.add(id);
    else {
      keptIds.add(id);
      earlierTrials.push({ id, backend: found.backend });
    }
  }
  noticeOtherBackends(earlierTrials, plan, events);
  const pending = plan.trials.filter(({ id }) => !keptIds.has(id) && !unusableIds.has(id));
  return { pending, kept: keptIds };
}

/**
 * Reads the result that a trial keeps. Returns undefined if the trial must run. `unusable`: only `--force` replaces the
 * result.
 */
async function findEarlierResult(
  directory: string,
  force: boolean,
  events: EventStream,
): Promise<ResultFile | 'unusable' | undefined> {
  const path = join(directory, 'result.json');
  const file = await readResult(directory);
  if (file.state === 'unusable') {
    if (!force)
      events.notice(
        `${path} cannot be used: ${file.reason}. The trial is an error until you correct or remove it, or run it again with --force.`,
        'warning',
      );
    return 'unusable';
  }
  if (file.state === 'broken')
    events.notice(
      `${path} is broken (${file.reason}). It is kept as ${await keepAside(path)}, and the trial runs again.`,
      'warning',
    );
  if (file.state !== 'read' || isUnfinished(file.value)) return undefined;
  const result = file.value as ResultFile;
  const missing = findMissingPatch(directory, result);
  if (missing === undefined) return result;
  events.notice(`${missing} is missing. The trial runs again.`, 'warning');
  return undefined;
}

function findMissingPatch(
  directory: string,
  result: Pick<ResultFile, 'agents' | 'agent'>,
): string | undefined {
  return Object.values(buildSeats(result))
    .filter(({ file_stem, hands_in }) => typeof file_stem === 'string' && hands_in !== false)
    .map(({ file_stem }) => join(directory, `${file_stem}.patch`))
    .find((patch) => !existsSync(patch));
}

/** A trial that keeps its result, and the backend that it ran on. It is undefined if its result does not say. */
export interface FinishedTrial {
  readonly id: string;
  readonly backend: string | undefined;
}

/** Tells the user which results that a run keeps come from other backends than it now runs on. */
export function noticeOtherBackends(
  finished: readonly FinishedTrial[],
  { backend: now }: Pick<RunPlan, 'backend'>,
  events: EventStream,
): void {
  const trialsByBackend = Map.groupBy(
    finished.filter(({ backend }) => backend !== undefined && backend !== now),
    ({ backend }) => backend,
  );
  for (const [backend, trials] of trialsByBackend)
    events.notice(
      `${trials.length} of ${finished.length} results that are kept come from the backend ${backend}, and this command uses ${now}. To run them again, add --force.`,
      'warning',
    );
}

/** Returns the trials of a plan whose result a run without `force` keeps. Changes nothing. */
export async function readFinishedTrials({
  runDir,
  trials,
}: Pick<RunPlan, 'runDir' | 'trials'>): Promise<FinishedTrial[]> {
  const finished: FinishedTrial[] = [];
  for await (const { trial, file } of mapConcurrently(trials, 32, async (trial) => ({
    trial,
    file: await readResult(getTrialDir(runDir, trial.id)),
  })))
    if (
      file.state === 'read' &&
      !isUnfinished(file.value) &&
      !findMissingPatch(getTrialDir(runDir, trial.id), file.value)
    )
      finished.push({ id: trial.id, backend: file.value.backend });
  return finished;
}

/**
 * Removes folders that killed processes were writing. A process killed between its two renames leaves the earlier result as
 * `.old` and nothing in its place. This puts that result back.
 */
export async function clearLeftovers(folder: string): Promise<void> {
  const names: string[] = await readdir(folder).catch(() => []);
  for (const name of names.filter((name) => name.endsWith('.old'))) {
    const place = name.slice(0, -'.old'.length);
    if (names.includes(place)) {
      await keepNotes(join(folder, name), join(folder, place));
      await rm(join(folder, name), { recursive: true, force: true });
    } else await rename(join(folder, name), join(folder, place));
  }
  const running = names.filter((name) => name.endsWith('.running'));
  await Promise.all(running.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

/** Removes the temporary files of killed processes (see `records/atomic.ts`). Only the holder of the run's lock may call it. */
export async function removeTemporaries(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const temporary = names.filter((name) => /\.[0-9a-f]{8}\.tmp$/.test(name));
  await Promise.all(temporary.map((name) => rm(join(folder, name), { force: true })));
}
