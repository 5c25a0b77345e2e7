import {
  buildTrialVoids,
  findLostSeats,
  findPolicy,
  getJudged,
  listRecordedMetrics,
  type PhaseResult,
  type TrialVoids,
} from '@cooperbench/records';
import { sumValues } from '../statistics/clusters.ts';
import { type Cause, causeOf } from './cause.ts';
import { findAnswers, isQuestion, isToFinished, type SentMessage } from './messages.ts';
import { listMissed } from './missed.ts';
import type { SeatDetails, TrialDetails } from './read-details.ts';
import { communicates, listSteps, type TrajectoryEntry } from './trajectory.ts';
import type { Phase, Seat, Talk, Trial } from './trial.ts';

/** Builds a trial as reports count it. `voids`: how often it was lost; by default, as its result says. */
export function buildTrial(
  run: string,
  details: TrialDetails,
  voids: TrialVoids = buildTrialVoids([], details.stored.result),
): Trial {
  const { stored, evaluation, outdated, seats, analyses, notes } = details;
  const { id, setting, repo, taskId, features, repetition, result } = stored;
  const lossReason = findLoss(details);
  const evidence: Cause | null =
    lossReason !== undefined ? buildLossCause(lossReason, seats) : evaluation ? causeOf(evaluation) : null;
  const missed =
    evidence && lossReason === undefined
      ? listMissed(details.messages, details.events, details.recorded)
      : [];
  const cause = evidence && missed.length > 0 ? { ...evidence, missed } : evidence;
  const verdict = lossReason !== undefined ? 'error' : !evaluation ? 'none' : cause ? 'failed' : 'passed';
  const isDecided = verdict === 'passed' || verdict === 'failed';
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
    judged: getJudged(stored),
    agent: joinDistinct(seats.map((seat) => seat.result?.agent_framework)) || (result?.agent_framework ?? ''),
    model: joinDistinct(seats.map((seat) => seat.result?.model)) || (result?.model ?? ''),
    verdict,
    overall: isDecided ? (evaluation?.overall_success ?? null) : null,
    individual: isDecided
      ? Object.fromEntries(
          Object.entries(evaluation?.individual ?? {}).map(([seat, { success }]) => [seat, success]),
        )
      : {},
    merge: isDecided && evaluation?.merge?.status ? evaluation.merge : null,
    merge_policy: evaluation ? findPolicy(evaluation) : null,
    ...(result?.network !== undefined && { network: result.network }),
    ...(evaluation?.network !== undefined && { eval_network: evaluation.network }),
    outdated,
    conflicts: (isDecided && evaluation?.merge?.conflicts) || [],
    seats: seats.map((seat) => buildSeat(seat, result?.model ?? '', result?.agent_framework ?? '')),
    ...(result?.phases && { phases: listPhases(result.phases) }),
    voids,
    seconds: findDuration(result?.duration_seconds) ?? findSpanSeconds(first),
    talk: buildTalk(details),
    metrics: listRecordedMetrics(result, evaluation),
    cause,
    ...(current.length > 0 && { analyses: current }),
    ...(notes.length > 0 && { notes }),
  };
}

function listPhases(phases: readonly PhaseResult[]): Phase[] {
  return phases.map(({ name, duration_seconds, seats }) => {
    const seatResults = Object.values(seats ?? {});
    return {
      name: String(name),
      cost: seatResults.some(({ cost_known }) => cost_known === false)
        ? null
        : sumValues(seatResults.map(({ cost }) => findFigure(cost) ?? 0)),
      steps: sumValues(seatResults.map(({ steps }) => findFigure(steps) ?? 0)),
      seconds: findDuration(duration_seconds) ?? 0,
    };
  });
}

/** Finds why infrastructure lost the trial. A verdict counts whatever its seats' statuses, as in summaries. */
function findLoss({ stored, evaluation, seats }: TrialDetails): string | undefined {
  if (stored.unusable !== undefined) return stored.unusable;
  if (evaluation) return evaluation.error || undefined;
  const hasStatus = (status: string): boolean => seats.some(({ result }) => result?.status === status);
  // The user stopped it, which is nobody's failure.
  if (hasStatus('Cancelled') && !hasStatus('Error')) return undefined;
  return findLostSeats(stored);
}

/** A fault of a plugin, such as a setting that throws, is not one of the machine or the provider. */
function buildLossCause(lossReason: string, seats: TrialDetails['seats']): Cause {
  return seats.some(({ result }) => result?.error_code === 'PLUGIN_FAULT')
    ? { name: 'plugin', sentence: `A plugin failed: ${lossReason}` }
    : { name: 'infrastructure', sentence: `Infrastructure failed: ${lossReason}` };
}

function buildSeat(details: SeatDetails, model: string, agent: string): Seat {
  const { seat, result } = details;
  return {
    seat,
    agent: result?.agent_framework ?? agent,
    // An agent that uses none has null, whatever the others use.
    model: result?.model === undefined ? model : (result.model ?? ''),
    status: result?.status ?? '',
    cost: result?.cost_known === false ? null : findFigure(result?.cost),
    steps: findFigure(result?.steps) ?? (listSteps(details.messages).length || null),
    input_tokens: findFigure(result?.input_tokens),
    output_tokens: findFigure(result?.output_tokens),
    seconds: findSpanSeconds(details),
    patch_lines: findFigure(result?.patch_lines),
    error: result?.error ?? null,
  };
}

function findSpanSeconds(seat: SeatDetails | undefined): number | null {
  return seat?.start === undefined || seat.end === undefined ? null : Math.max(0, seat.end - seat.start);
}

/** Earlier releases wrote a negative duration when the clock of the machine jumped. */
function findDuration(value: unknown): number | null {
  const seconds = findFigure(value);
  return seconds !== null && seconds >= 0 ? seconds : null;
}

function findFigure(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function joinDistinct(values: readonly (string | null | undefined)[]): string {
  return [...new Set(values.flatMap((value) => value ?? []))].join(' + ');
}

/** Counts what the seats said. */
function buildTalk({ seats, messages, recorded }: TrialDetails): Talk {
  const acceptedMessages = messages.filter(({ accepted_by }) => accepted_by.length > 0);
  const endTimes = Object.fromEntries(
    seats.flatMap(({ seat, end }) => (end === undefined ? [] : [[seat, end]])),
  );
  const questions = messages.filter(isQuestion);
  const steps = seats.flatMap((seat) => listSteps(seat.messages));
  const talkSteps = steps.filter(communicates);
  const countTokens = (entries: readonly TrajectoryEntry[]): number =>
    entries.reduce((sum, { output_tokens }) => sum + (findFigure(output_tokens) ?? 0), 0);
  // A message that a channel fault dropped is nobody's omission.
  const listRecipients = ({ accepted_by, dropped = [] }: SentMessage): readonly string[] =>
    accepted_by.filter((seat) => !dropped.includes(seat));
  const unread = acceptedMessages.filter((message) =>
    listRecipients(message).some((seat) => message.read[seat] === undefined),
  );
  const countHits = (fault: 'dropped' | 'duplicated'): number =>
    messages.reduce((sum, message) => sum + (message[fault]?.length ?? 0), 0);
  const toFinished = messages.filter((message) => isToFinished(message, endTimes));
  const replyIndexes = findAnswers(messages);
  const isLost = (message: SentMessage): boolean =>
    message.accepted_by.length > 0 && listRecipients(message).length === 0;
  const unanswered = messages.filter(
    (message, index) => replyIndexes[index] === null && isQuestion(message) && !isLost(message),
  );
  const countIfSent = (count: number): number | null => (recorded === 'nothing' ? null : count);
  const countIfTimed = (count: number): number | null => (recorded === 'texts' ? null : countIfSent(count));
  const countIfRead = (count: number): number | null => (recorded === 'reads' ? count : null);
  return {
    messages: countIfSent(acceptedMessages.length),
    refused: countIfRead(messages.length - acceptedMessages.length),
    unread: countIfRead(unread.length),
    dropped: countIfRead(countHits('dropped')),
    duplicated: countIfRead(countHits('duplicated')),
    to_finished: countIfTimed(toFinished.length),
    questions: countIfSent(questions.length),
    unanswered: countIfTimed(unanswered.length),
    communication_steps: talkSteps.length,
    steps: steps.length,
    communication_tokens: countTokens(talkSteps),
    tokens: countTokens(steps),
  };
}
