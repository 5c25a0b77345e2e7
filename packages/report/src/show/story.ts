import type { FailingTest } from '@cooperbench/core';
import { type LabelledTrial, listLabelledTrial } from '../analysis/summary.ts';
import { describeOnlyTested, findFailingTests, findFeatureResults } from '../trials/cause.ts';
import { findAnswers, isQuestion, type SentMessage } from '../trials/messages.ts';
import { type FileStat, patchStat } from '../trials/patch-stat.ts';
import type { TrialDetails } from '../trials/read-details.ts';
import { getSeconds } from '../trials/read-events.ts';
import type { Trial } from '../trials/trial.ts';
import { buildTrial } from '../trials/trial-figures.ts';
import { listTimeline, type Moment } from './timeline.ts';

/** One trial, for a person who wants to know what happened. Texts are the agents' own: escape them. */
export interface Story {
  readonly trial: Trial;
  readonly timeline: readonly Moment[];
  /** The patches of the seats that hand in. */
  readonly patches: readonly StoryPatch[];
  /** The tested diff. It is empty if nothing was merged, or nobody evaluated the trial. */
  readonly merged_diff: string;
  /** Words that say so when the tested tree has the patch of one seat alone. It is empty if it has all. */
  readonly only_tested: string;
  readonly tests: readonly StoryTests[];
  readonly first_failing_test: ({ readonly tests: string } & FailingTest) | null;
  readonly conversation: readonly StoryMessage[];
  /** Labels that models gave to its failure. */
  readonly labelled: readonly LabelledTrial[];
  /** Files that could not be read in full, each with the reason. */
  readonly problems: readonly string[];
}

export interface StoryPatch {
  readonly seat: string;
  readonly features: readonly number[];
  /** It is null if the file is missing. It is empty if the seat submitted nothing. */
  readonly patch: string | null;
  readonly files: readonly FileStat[];
  /** `applied`, `skipped`, `failed`; null: not evaluated. */
  readonly applied: string | null;
}

/** One run of hidden tests. */
export interface StoryTests {
  /** `feature 2, merged` or `agent1 alone`. */
  readonly name: string;
  readonly passed: boolean;
  readonly tests_passed: number | null;
  readonly tests_failed: number | null;
  /** At most 20 failing tests. */
  readonly failing: readonly FailingTest[];
  readonly output: string;
}

export interface StoryMessage extends Pick<SentMessage, 'from' | 'to' | 'text'> {
  /** Seconds since the trial's first moment. */
  readonly seconds: number;
  readonly accepted: boolean;
  /** Every seat that accepted it has read it. It is null if the run does not record reading. */
  readonly read: boolean | null;
  /** Seats that a fault kept it from. It is absent if there are none. */
  readonly dropped?: readonly string[];
  readonly question: boolean;
  readonly answered: boolean;
}

/** `patches`: the text of each seat's patch, in the order of the seats. */
export function buildStory(
  run: string,
  details: TrialDetails,
  patches: readonly (string | undefined)[],
): Story {
  const { seats, messages, evaluation, problems } = details;
  const start = startOf(details);
  const tests = listTests(details);
  const trial = buildTrial(run, details);
  const replyIndexes = findAnswers(messages);
  return {
    trial,
    timeline: listTimeline(details, start),
    patches: seats.flatMap(({ seat, features, result }, index) => {
      if (result?.hands_in === false) return [];
      const patch = patches[index] ?? null;
      // A seat may be called like what every object has.
      const statuses = evaluation?.apply_status ?? {};
      const applied = (Object.hasOwn(statuses, seat) && statuses[seat]) || null;
      return { seat, features, patch, files: patchStat(patch ?? ''), applied };
    }),
    merged_diff: evaluation?.merge?.diff ?? '',
    only_tested: describeOnlyTested(evaluation ?? {}),
    tests,
    first_failing_test: findFirstFailing(tests),
    conversation: messages.map((message, index) => ({
      from: message.from,
      to: message.to,
      text: message.text,
      seconds: Math.max(0, message.time - start),
      accepted: message.accepted_by.length > 0,
      read: message.reads_recorded
        ? message.accepted_by.every((seat) => message.read[seat] !== undefined)
        : null,
      ...(message.dropped && { dropped: message.dropped }),
      question: details.recorded !== 'texts' && isQuestion(message),
      answered: replyIndexes[index] !== null,
    })),
    labelled: listLabelledTrial(trial),
    problems,
  };
}

/** Unix seconds of the first thing that the files record. 0: they record no time. */
export function startOf({ events, seats, messages }: TrialDetails): number {
  const first = events.slice(0, 1).map(getSeconds);
  const allTimes = [
    ...first,
    ...seats.flatMap(({ start }) => start ?? []),
    ...messages.map(({ time }) => time),
  ];
  const positiveTimes = allTimes.filter((time) => time > 0);
  return positiveTimes.length === 0 ? 0 : positiveTimes.reduce((earliest, time) => Math.min(earliest, time));
}

/** Failing tests first. */
function listTests({ evaluation, stored }: TrialDetails): StoryTests[] {
  if (!evaluation) return [];
  const tree = describeOnlyTested(evaluation)
    ? ", the first seat's patch"
    : evaluation.merge
      ? ', merged'
      : '';
  const merged = findFeatureResults(evaluation).map((result) => ({
    name: `feature ${result.feature_id}${tree}`,
    passed: result.passed === true,
    tests_passed: result.tests_passed ?? null,
    tests_failed: result.tests_failed ?? null,
    failing: result.passed === true ? [] : findFailingTests(result),
    output: String(result.test_output ?? ''),
  }));
  const individualTests = Object.entries(evaluation.individual ?? {}).map(([seat, result]) => ({
    name: `${seat} alone, feature ${(result.features ?? [result.feature_id ?? stored.features[0]]).join(' and ')}`,
    passed: result.success === true,
    tests_passed: result.tests_passed ?? null,
    tests_failed: result.tests_failed ?? null,
    failing: result.success === true ? [] : findFailingTests(result),
    output: String(result.test_output ?? ''),
  }));
  return [...merged, ...individualTests].sort((left, right) => Number(left.passed) - Number(right.passed));
}

function findFirstFailing(tests: readonly StoryTests[]): Story['first_failing_test'] {
  for (const { name, failing } of tests) if (failing[0]) return { tests: name, ...failing[0] };
  return null;
}
