import { join } from 'node:path';
import {
  type EvaluationFile,
  findVerdictUnder,
  isOutdated,
  type RunEvent,
  readEvaluation,
  readStoredSeats,
  type StoredSeat,
  type StoredTrial,
} from '@cooperbench/records';
import { type Analysis, readAnalyses } from '../analysis/file.ts';
import { type Note, readNotes } from '../notes/note.ts';
import { buildMessagesOfConversation, listMessagesOfEvents, type SentMessage } from './messages.ts';
import { getSeconds, readEvents } from './read-events.ts';
import { findUnixSeconds, type OnBroken, readList } from './read-text.ts';
import { readTrajectory, type TrajectoryEntry } from './trajectory.ts';

/** The verdict in the files of a trial. */
export interface TrialVerdict {
  /** It is undefined if the trial is not evaluated, or if eval.json cannot be read. */
  readonly evaluation: Partial<EvaluationFile> | undefined;
  /** A later evaluation, under another merge policy, had other inputs. */
  readonly outdated: boolean;
  readonly analyses: readonly Analysis[];
  readonly notes: readonly Note[];
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

export interface SeatDetails extends StoredSeat {
  readonly messages: readonly TrajectoryEntry[];
  /** Unix seconds. If it is absent, the files do not say. */
  readonly start?: number;
  readonly end?: number;
}

/**
 * Reads eval.json, analysis.json and notes.jsonl of a trial. `mergePolicy`: the merge policy whose verdict to read. Defaults to
 * the first verdict.
 */
export async function readVerdict(directory: string, mergePolicy?: string): Promise<TrialVerdict> {
  const problems: string[] = [];
  const file = await readEvaluation(directory);
  if (file.state === 'broken' || file.state === 'unusable')
    problems.push(`${join(directory, 'eval.json')}: ${file.reason}`);
  const onBroken: OnBroken = (path, reason) => void problems.push(`${path}: ${reason}`);
  const analyses = await readAnalyses(directory, onBroken);
  const notes = await readNotes(directory, onBroken);
  const storedVerdict = file.state === 'read' ? file.value : undefined;
  const evaluation =
    storedVerdict && mergePolicy !== undefined ? findVerdictUnder(storedVerdict, mergePolicy) : storedVerdict;
  const outdated =
    storedVerdict !== undefined && evaluation !== undefined && isOutdated(storedVerdict, evaluation);
  return { evaluation, outdated, analyses, notes, problems };
}

/**
 * Reads the files of one trial. `trajectoryAt` reads a trajectory in another way, or only some of its messages. `mergePolicy` as
 * of `readVerdict`.
 */
export async function readDetails(
  storedTrial: StoredTrial,
  trajectoryAt: (path: string, onBroken: OnBroken) => Promise<TrajectoryEntry[]> = readTrajectory,
  mergePolicy?: string,
): Promise<TrialDetails> {
  const { directory } = storedTrial;
  const { problems: verdictProblems, ...verdict } = await readVerdict(directory, mergePolicy);
  const problems = [
    ...(storedTrial.unusable === undefined ? [] : [storedTrial.unusable]),
    ...verdictProblems,
  ];
  const onBroken: OnBroken = (path, reason) => void problems.push(`${path}: ${reason}`);
  const events = await readEvents(directory, onBroken);
  const files = await readStoredSeats(storedTrial);
  const trajectories = await Promise.all(files.map(({ trajectory }) => trajectoryAt(trajectory, onBroken)));
  const seats = files.map((seat, index) => {
    const messages = trajectories[index] ?? [];
    return { ...seat, messages, ...buildSpan(seat.seat, messages, events) };
  });
  const conversation = join(directory, 'conversation.json');
  const entries = events.length > 0 ? undefined : await readList(conversation, onBroken);
  const names = files.map(({ seat }) => seat);
  const { messages, timed } = entries
    ? buildMessagesOfConversation(entries, names, (reason) => onBroken(conversation, reason))
    : { messages: listMessagesOfEvents(events), timed: true };
  const ofEvents = events.length > 0 || names.length === 1 ? 'reads' : 'nothing';
  const recordedLevel = entries ? (timed ? 'sending' : 'texts') : ofEvents;
  return { stored: storedTrial, ...verdict, problems, events, messages, recorded: recordedLevel, seats };
}

/**
 * When a seat began and ended: from its events, otherwise from the times of its messages. Without the wait for the other seats,
 * which runs of earlier releases do not record.
 */
function buildSpan(
  seat: string,
  messages: readonly TrajectoryEntry[],
  events: readonly RunEvent[],
): Pick<SeatDetails, 'start' | 'end'> {
  const startType = events.some(({ type }) => type === 'seat_started') ? 'seat_started' : 'sandbox_ready';
  const startEvent = events.find((event) => event.type === startType && event.seat === seat);
  // With phases, a seat finishes in each of them.
  const finishEvent = events.findLast((event) => event.type === 'seat_finished' && event.seat === seat);
  const messageTimes = messages.flatMap(({ timestamp }) => findUnixSeconds(timestamp) ?? []);
  const start = startEvent ? getSeconds(startEvent) : messageTimes[0];
  const end = finishEvent ? getSeconds(finishEvent) : messageTimes.at(-1);
  return { ...(start !== undefined && { start }), ...(end !== undefined && { end }) };
}
