import { basename } from 'node:path';
import { type RunEvent, readEvaluatingTrials } from '@cooperbench/records';
import {
  buildTrial,
  describeOnlyTested,
  findTextAt,
  getSeconds,
  isLabellable,
  labelNames,
  noLabel,
  patchStat,
  type SeatDetails,
  type Talk,
  type TrialDetails,
} from '@cooperbench/report';
import { buildAttribution } from './attribution.ts';
import { mapChanges } from './collisions.ts';
import type { IndexedTrial } from './indexed-trial.ts';
import { listLabelled } from './labels.ts';
import type { Communication, Lane, Merge, PairDocument, Patch } from './model.ts';
import { listPhases } from './phases.ts';
import { listPromises } from './promises.ts';
import { buildRow, readVerdictDetails } from './rows.ts';
import { listSharedFiles } from './shared-files.ts';
import { listStepsOfSeat, type WorkedStep } from './steps.ts';
import { listSuspects } from './suspects.ts';
import { listMessages } from './talk.ts';
import { testRuns } from './tests.ts';
import { noIndex, type TrajectoryIndex } from './trajectory-index.ts';
import { type FoundTrial, readSiblings } from './trials.ts';

/** Returns everything about one trial except its long texts. */
export async function pairDocument(
  run: string,
  runDir: string,
  { stored, running }: FoundTrial,
  { details, indexes, start }: IndexedTrial,
): Promise<PairDocument> {
  const { seats, events, evaluation } = details;
  const problems = [...details.problems];
  const onBroken = (path: string, reason: string): void => void problems.push(`${path}: ${reason}`);
  const patches = await Promise.all(seats.map(({ patch }) => findTextAt(patch, onBroken)));
  const worked = seats.map(({ seat }, index) =>
    listStepsOfSeat(seat, indexes[index] ?? noIndex, events, start),
  );
  const steps = new Map(seats.map(({ seat }, index) => [seat, worked[index] ?? []]));
  const endTimes = Object.fromEntries(
    seats.flatMap(({ seat, end }) => (end === undefined ? [] : [[seat, end]])),
  );
  const stats = patches.map((patch) => patchStat(patch ?? ''));
  const work = seats.map(({ seat }, index) => {
    const paths = stats[index]?.map(({ path }) => path) ?? [];
    return { seat, patch: patches[index] ?? null, paths, steps: worked[index] ?? [] };
  });
  const changedPaths = new Map(
    work.map(({ seat, patch, paths }) => [seat, patch === null ? undefined : paths]),
  );
  // The names of seats come from files: `constructor` is one like any other.
  const applied = new Map(Object.entries(evaluation?.apply_status ?? {}));
  const seatChanges = work.map(({ seat, patch, steps: workedSteps }) => ({
    ...{ seat, steps: workedSteps, byPath: mapChanges(patch ?? '') },
  }));
  const merged = mapChanges(evaluation?.merge?.diff ?? '');
  const tests = testRuns(evaluation, stored).map(({ run: testRun }) => {
    const seatChange = seatChanges.find(({ seat }) => seat === testRun.seat || seats.length === 1);
    const tested = seatChange?.byPath ?? merged;
    const failingTests = testRun.failing.map((test) => ({
      ...test,
      suspects: listSuspects(test, tested, seatChanges),
    }));
    return { ...testRun, failing: failingTests };
  });
  const state = running
    ? 'running'
    : (await readEvaluatingTrials(runDir)).has(stored.id)
      ? 'evaluating'
      : undefined;
  const row = buildRow(run, details, state);
  const trial = buildTrial(run, details);
  const messages = listMessages(details.messages, steps, endTimes, details.recorded, start);
  const lanes = seats.map((seat, index) =>
    buildLane(seat, details, worked[index] ?? [], indexes[index] ?? noIndex, start),
  );
  const siblings = await Promise.all((await readSiblings(runDir, stored, onBroken)).map(readVerdictDetails));
  problems.push(...siblings.flatMap((sibling) => sibling.problems));
  return {
    schema_version: 1,
    run,
    row,
    clock: { start: start === 0 ? null : start, seconds: getLength(details, lanes, messages, start) },
    lanes,
    messages,
    git: listGit(events, start),
    phases: listPhases(events, trial.phases ?? [], start),
    activities: events
      .filter((event) => event.type === 'activity')
      .map((event) => ({
        seat: event.seat,
        seconds: Math.max(0, getSeconds(event) - start),
        channel: event.channel,
        text: event.text,
      })),
    patches: seats.flatMap(({ seat, features, result }, index): Patch[] => {
      if (result?.hands_in === false) return [];
      const patch = patches[index];
      return [
        {
          seat,
          features,
          state: patch == null ? 'missing' : patch === '' ? 'empty' : 'present',
          files: stats[index] ?? [],
          applied: applied.get(seat) ?? null,
        },
      ];
    }),
    merge: mergeOf(details),
    tests,
    attribution: row.cause && buildAttribution(row.cause, evaluation, tests),
    labelled: listLabelled(trial),
    notes: trial.notes ?? [],
    note_labels: isLabellable(trial) ? [...labelNames, noLabel] : [],
    files: listSharedFiles(work, evaluation?.merge?.conflicts ?? []),
    promises: listPromises(details.messages, changedPaths),
    communication: buildCommunication(trial.talk, worked),
    siblings: siblings.map((sibling) => {
      const { id, setting, repetition, verdict, overall, cost } = buildRow(run, sibling);
      return { id, setting, repetition, verdict, overall, cost };
    }),
    problems,
    dropped: evaluation?.dropped ?? [],
  };
}

function buildLane(
  details: SeatDetails,
  trial: TrialDetails,
  steps: readonly WorkedStep[],
  { bytes, starts, slices, entries, problem }: TrajectoryIndex,
  start: number,
): Lane {
  const { seat, features, result, trajectory } = details;
  const seatDetails = buildTrial('', { ...trial, seats: [details] }).seats[0];
  // Of a trial that runs, nothing else says it. With phases, a seat that finished one may work again.
  const last = trial.events.findLast(
    (event): event is Extract<RunEvent, { readonly type: 'seat_finished' | 'step' }> =>
      (event.type === 'seat_finished' || event.type === 'step') && event.seat === seat,
  );
  const finishEvent = last?.type === 'seat_finished' ? last : undefined;
  const findSecondsSince = (time: number | undefined): number | null =>
    time === undefined ? null : Math.max(0, time - start);
  return {
    seat,
    features,
    role: result?.role ?? null,
    agent: seatDetails?.agent ?? '',
    model: seatDetails?.model ?? '',
    status: seatDetails?.status || (finishEvent?.status ?? ''),
    error: seatDetails?.error ?? null,
    start: findSecondsSince(details.start),
    end: findSecondsSince(details.end),
    cost: seatDetails?.status
      ? seatDetails.cost
      : finishEvent && finishEvent.cost_known !== false
        ? finishEvent.cost
        : null,
    input_tokens: seatDetails?.input_tokens ?? null,
    output_tokens: seatDetails?.output_tokens ?? null,
    patch_lines: seatDetails?.patch_lines ?? null,
    steps: steps.map(({ commands: _, ...step }) => step),
    trajectory: {
      ...{ file: basename(trajectory), bytes, messages: starts.length, slices, problem },
      roles: getRoles(entries, starts.length),
    },
  };
}

function getRoles(entries: TrajectoryIndex['entries'], messages: number): string {
  const roles = new Array<string>(messages).fill('o');
  for (const { message, entry } of entries) {
    const { role } = entry;
    if (role === 'system' || role === 'user' || role === 'assistant' || role === 'tool')
      roles[message] = role.charAt(0);
  }
  return roles.join('');
}

/** Returns the seconds from the first moment to the last. */
function getLength(
  { events, seats }: TrialDetails,
  lanes: readonly Lane[],
  messages: PairDocument['messages'],
  start: number,
): number {
  const endTimes = [
    ...events.slice(-1).map((event) => getSeconds(event) - start),
    ...seats.flatMap(({ end }) => (end === undefined ? [] : [end - start])),
    ...lanes.flatMap(({ steps }) => steps.at(-1)?.seconds ?? []),
    ...messages.slice(-1).map(({ seconds }) => seconds),
  ];
  return Math.max(0, ...endTimes);
}

function listGit(events: readonly RunEvent[], start: number): PairDocument['git'] {
  return events
    .filter((event) => event.type === 'git')
    .map((event) => ({
      seat: event.seat,
      seconds: Math.max(0, getSeconds(event) - start),
      service: event.service,
      exit_code: event.exit_code,
      // Runs of earlier releases do not record it.
      refs: event.refs ?? null,
    }));
}

function mergeOf({ evaluation }: TrialDetails): Merge | null {
  const merge = evaluation?.merge;
  if (!evaluation || !merge?.status) return null;
  return {
    status: merge.status,
    strategy: merge.strategy ?? null,
    policy: merge.policy ?? null,
    conflicts: merge.conflicts ?? [],
    only_tested: describeOnlyTested(evaluation),
    policies: evaluation.policies ?? {},
    files: patchStat(merge.diff ?? ''),
  };
}

function buildCommunication(talk: Talk, worked: readonly (readonly WorkedStep[])[]): Communication {
  const steps = worked.flat();
  return {
    ...talk,
    communication_cost: findCost(steps.filter(({ communicates }) => communicates)),
    cost: findCost(steps),
  };
}

function findCost(steps: readonly WorkedStep[]): number | null {
  return steps.some(({ cost }) => cost === null)
    ? null
    : steps.reduce((total, { cost }) => total + (cost ?? 0), 0);
}
