import { join } from 'node:path';
import { eachAtOnce, type RunEvent } from '@cooperbench/core';
import { messageOf } from '@cooperbench/core/errors';
import {
  checkRunFolder,
  type EvaluationFile,
  existingRun,
  judgedOf,
  lostSeats,
  readEvaluation,
  readTrials,
  type SeatFiles,
  type StoredTrial,
  seatFiles,
  sortById,
} from '@cooperbench/core/host';
import { type Analysis, readAnalyses } from '../analysis/file.ts';
import { type Cause, causeOf } from './cause.ts';
import {
  answerOf,
  isQuestion,
  isToFinished,
  messagesOfConversation,
  messagesOfEvents,
  type SentMessage,
} from './messages.ts';
import { readEvents, secondsOf } from './read-events.ts';
import { type OnBroken, readList, unixSeconds } from './read-text.ts';
import { communicates, readTrajectory, stepsOf, type TrajectoryEntry } from './trajectory.ts';
import type { Seat, Talk, Trial } from './trial.ts';

/** A run on disk. */
export interface Run {
  readonly name: string;
  readonly directory: string;
  readonly trials: readonly Trial[];
  /** Files that cannot be read, or not completely, each with the reason. */
  readonly problems: readonly string[];
}

/**
 * Reads a run: ours or the Python original's. Keeps figures, not texts: a run may have gigabytes of trajectories.
 * @throws ConfigError `UNKNOWN_RUN`, `RUN_NAME`, `RUN_FOLDER`.
 */
export async function readRun(logsDir: string, name: string): Promise<Run> {
  const directory = await existingRun(logsDir, name);
  await checkRunFolder(directory);
  const problems: string[] = [];
  const stored = await readTrials(directory, (path, reason) => problems.push(`${path}: ${reason}`));
  const trials: Trial[] = [];
  const read = async (one: StoredTrial): Promise<void> => {
    try {
      const details = await readDetails(one);
      problems.push(...details.problems);
      trials.push(trialOf(name, details));
    } catch (error) {
      // Files of other tools may have any shape. One of them must not hide the others.
      problems.push(`${one.directory}: ${messageOf(error)}`);
    }
  };
  for await (const _ of eachAtOnce(stored, 4, read));
  return { name, directory, trials: sortById(trials), problems: problems.sort() };
}

/** What the files of a trial say about its verdict. */
export interface TrialVerdict {
  /** Undefined: not evaluated, or eval.json cannot be read. */
  readonly evaluation: Partial<EvaluationFile> | undefined;
  readonly analyses: readonly Analysis[];
  /** Files that cannot be read, or not completely, each with the reason. */
  readonly problems: readonly string[];
}

/** Everything that the files of a trial say. */
export interface TrialDetails extends TrialVerdict {
  readonly stored: StoredTrial;
  readonly events: readonly RunEvent[];
  readonly messages: readonly SentMessage[];
  /**
   * `reads`: also who refused and read each message. `sending`: when it was sent. `texts`: not even that, as often in the
   * Python original.
   */
  readonly recorded: 'reads' | 'sending' | 'texts' | 'nothing';
  readonly seats: readonly SeatDetails[];
}

export interface SeatDetails extends SeatFiles {
  readonly messages: readonly TrajectoryEntry[];
  /** Unix seconds. Absent: the files do not say. */
  readonly start?: number;
  readonly end?: number;
}

/** Reads eval.json and analysis.json of a trial. */
export async function readVerdict(directory: string): Promise<TrialVerdict> {
  const problems: string[] = [];
  const file = await readEvaluation(directory);
  if (file.state === 'broken' || file.state === 'unusable')
    problems.push(`${join(directory, 'eval.json')}: ${file.reason}`);
  const onBroken: OnBroken = (path, reason) => void problems.push(`${path}: ${reason}`);
  const analyses = await readAnalyses(directory, onBroken);
  return { evaluation: file.state === 'read' ? file.value : undefined, analyses, problems };
}

/** Reads the files of one trial. `trajectoryAt` reads a trajectory in another way, or only some of its messages. */
export async function readDetails(
  stored: StoredTrial,
  trajectoryAt: (path: string, onBroken: OnBroken) => Promise<TrajectoryEntry[]> = readTrajectory,
): Promise<TrialDetails> {
  const { directory } = stored;
  const { problems: found, ...verdict } = await readVerdict(directory);
  const problems = [...found];
  const onBroken: OnBroken = (path, reason) => void problems.push(`${path}: ${reason}`);
  const events = await readEvents(directory, onBroken);
  const files = await seatFiles(stored);
  const trajectories = await Promise.all(files.map(({ trajectory }) => trajectoryAt(trajectory, onBroken)));
  const seats = files.map((seat, index) => {
    const messages = trajectories[index] ?? [];
    return { ...seat, messages, ...spanOf(seat.seat, messages, events) };
  });
  const conversation = join(directory, 'conversation.json');
  const entries = events.length > 0 ? undefined : await readList(conversation, onBroken);
  const names = files.map(({ seat }) => seat);
  const { messages, timed } = entries
    ? messagesOfConversation(entries, names, (reason) => onBroken(conversation, reason))
    : { messages: messagesOfEvents(events), timed: true };
  const ofEvents = events.length > 0 || names.length === 1 ? 'reads' : 'nothing';
  const recorded = entries ? (timed ? 'sending' : 'texts') : ofEvents;
  return { stored, ...verdict, problems, events, messages, recorded, seats };
}

/** When a seat began and ended: from its events, otherwise from the times of its messages. */
function spanOf(
  seat: string,
  messages: readonly TrajectoryEntry[],
  events: readonly RunEvent[],
): Pick<SeatDetails, 'start' | 'end'> {
  const ready = events.find((event) => event.type === 'sandbox_ready' && event.seat === seat);
  const finished = events.find((event) => event.type === 'seat_finished' && event.seat === seat);
  const times = messages.flatMap(({ timestamp }) => unixSeconds(timestamp) ?? []);
  const start = ready ? secondsOf(ready) : times[0];
  const end = finished ? secondsOf(finished) : times.at(-1);
  return { ...(start !== undefined && { start }), ...(end !== undefined && { end }) };
}

/** A trial as reports count it. */
export function trialOf(run: string, details: TrialDetails): Trial {
  const { stored, evaluation, seats, analyses } = details;
  const { id, setting, repo, taskId, features, repetition, result } = stored;
  const lost = lossOf(stored, evaluation);
  const cause: Cause | null =
    lost !== undefined
      ? { name: 'infrastructure', sentence: `Infrastructure failed: ${lost}` }
      : evaluation
        ? causeOf(evaluation)
        : null;
  const verdict = lost !== undefined ? 'error' : !evaluation ? 'none' : cause ? 'failed' : 'passed';
  const decided = verdict === 'passed' || verdict === 'failed';
  const current = verdict === 'failed' ? analyses.filter(({ outcome }) => outcome === cause?.sentence) : [];
  const [first] = seats;
  return {
    run,
    setting,
    id,
    pair: `${repo}/${taskId}/${features.map((feature) => `f${feature}`).join('_')}`,
    task: `${repo}/${taskId}`,
    repo,
    features,
    repetition,
    judged: judgedOf(stored),
    agent: distinct(seats.map((seat) => seat.result?.agent_framework)) || (result?.agent_framework ?? ''),
    model: distinct(seats.map((seat) => seat.result?.model)) || (result?.model ?? ''),
    verdict,
    overall: decided ? (evaluation?.overall_success ?? null) : null,
    individual: decided
      ? Object.fromEntries(
          Object.entries(evaluation?.individual ?? {}).map(([seat, { success }]) => [seat, success]),
        )
      : {},
    merge: decided && evaluation?.merge?.status ? evaluation.merge : null,
    conflicts: (decided && evaluation?.merge?.conflicts) || [],
    seats: seats.map((seat) => seatOf(seat, result?.model ?? '', result?.agent_framework ?? '')),
    seconds: figure(result?.duration_seconds) ?? spanSeconds(first),
    talk: talkOf(details),
    cause,
    ...(current.length > 0 && { analyses: current }),
  };
}

/** Why infrastructure lost the trial. A verdict counts whatever its seats' statuses, as in summaries. */
function lossOf(stored: StoredTrial, evaluation: Partial<EvaluationFile> | undefined): string | undefined {
  if (stored.unusable !== undefined) return stored.unusable;
  if (evaluation) return evaluation.error || undefined;
  return lostSeats(stored);
}

function seatOf(details: SeatDetails, model: string, agent: string): Seat {
  const { seat, result } = details;
  return {
    seat,
    agent: result?.agent_framework ?? agent,
    model: result?.model ?? model,
    status: result?.status ?? '',
    cost: result?.cost_known === false ? null : figure(result?.cost),
    steps: figure(result?.steps) ?? (stepsOf(details.messages).length || null),
    input_tokens: figure(result?.input_tokens),
    output_tokens: figure(result?.output_tokens),
    seconds: spanSeconds(details),
    patch_lines: figure(result?.patch_lines),
    error: result?.error ?? null,
  };
}

function spanSeconds(seat: SeatDetails | undefined): number | null {
  return seat?.start === undefined || seat.end === undefined ? null : Math.max(0, seat.end - seat.start);
}

function figure(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function distinct(values: readonly (string | undefined)[]): string {
  return [...new Set(values.filter((value) => value !== undefined))].join(' + ');
}

/** Counts what the seats said. */
function talkOf({ seats, messages, recorded }: TrialDetails): Talk {
  const accepted = messages.filter(({ accepted_by }) => accepted_by.length > 0);
  const ends = Object.fromEntries(seats.flatMap(({ seat, end }) => (end === undefined ? [] : [[seat, end]])));
  const questions = messages.filter(isQuestion);
  const steps = seats.flatMap((seat) => stepsOf(seat.messages));
  const shared = steps.filter(communicates);
  const tokens = (of: readonly TrajectoryEntry[]): number =>
    of.reduce((sum, { output_tokens }) => sum + (figure(output_tokens) ?? 0), 0);
  const unread = accepted.filter(({ accepted_by, read }) =>
    accepted_by.some((seat) => read[seat] === undefined),
  );
  const toFinished = messages.filter((message) => isToFinished(message, ends));
  const unanswered = questions.filter((question) => answerOf(question, messages) === null);
  const ifSent = (count: number): number | null => (recorded === 'nothing' ? null : count);
  const ifTimed = (count: number): number | null => (recorded === 'texts' ? null : ifSent(count));
  const ifRead = (count: number): number | null => (recorded === 'reads' ? count : null);
  return {
    messages: ifSent(accepted.length),
    refused: ifRead(messages.length - accepted.length),
    unread: ifRead(unread.length),
    to_finished: ifTimed(toFinished.length),
    questions: ifSent(questions.length),
    unanswered: ifTimed(unanswered.length),
    communication_steps: shared.length,
    steps: steps.length,
    communication_tokens: tokens(shared),
    tokens: tokens(steps),
  };
}
