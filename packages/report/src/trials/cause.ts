import { explainFailure, type FailingTest, type FeatureResult } from '@cooperbench/core';
import { failingTests } from '@cooperbench/evaluator-tests/failing-tests';
import { type EvaluationFile, fromSnakeKeys, type StoredFeatureResult } from '@cooperbench/records';
import type { MissedInformation } from './missed.ts';

/** Why a trial failed, from its files alone. Of several causes, the first in this order. */
export const causes = {
  infrastructure: 'infrastructure',
  plugin: 'a plugin failed',
  nothing_submitted: 'nothing submitted',
  does_not_apply: 'a patch does not apply',
  own_feature_failed: 'own feature failed alone',
  textual_conflict: 'textual conflict',
  semantic_conflict: 'semantic conflict',
  feature_failed: 'a feature failed',
} as const;

export interface Cause {
  readonly name: keyof typeof causes;
  /** One sentence. Quotes names and messages from the files: escape it. */
  readonly sentence: string;
  /** What the seats missed of each other, where the files say. */
  readonly missed?: readonly MissedInformation[];
}

/** Formats the sentence of a cause, and what the seats missed of each other. */
export function formatCauseText({ sentence, missed = [] }: Pick<Cause, 'sentence' | 'missed'>): string {
  if (missed.length === 0) return sentence;
  return `${sentence} Besides, ${missed.map(({ text }) => text).join('; ')}.`;
}

/** Attributes a failure to its evidence. Returns null if the trial passed. */
export function causeOf(file: Partial<EvaluationFile>): Cause | null {
  if (file.error) return { name: 'infrastructure', sentence: `Infrastructure failed: ${file.error}` };
  if (file.both_passed) return null;
  const applied = Object.entries(file.apply_status ?? {});
  const empty = listSeatsWith(applied, 'skipped');
  const features = formatFailures(file);
  if (empty.length > 0) {
    return {
      name: 'nothing_submitted',
      sentence: `${list(empty)} submitted nothing${features && `; ${features}`}.`,
    };
  }
  const unapplied = listSeatsWith(applied, 'failed');
  if (unapplied.length > 0) {
    const onlyTestedText = describeOnlyTested(file);
    return {
      name: 'does_not_apply',
      sentence: `The ${formatPatches(unapplied)} not apply to the base commit${onlyTestedText && `; ${onlyTestedText}, and ${features || 'the tests fail'}`}.`,
    };
  }
  const individualResults = Object.entries(file.individual ?? {});
  const failedAlone = individualResults.filter(([, { success }]) => !success);
  const { merge } = file;
  // The original does not record the paths.
  const paths = list(merge?.conflicts ?? [], 5);
  const conflict = merge?.status === 'conflicts' ? `the patches conflict${paths && ` in ${paths}`}` : '';
  if (failedAlone.length > 0) {
    const reasons = failedAlone.map(
      ([seat, { error, ...result }]) =>
        `${seat}'s patch alone fails feature ${result.feature_id}${formatBracketed(error, result)}`,
    );
    return {
      name: 'own_feature_failed',
      sentence: formatSentence([...reasons, ...(conflict ? [conflict] : [])].join('; ')),
    };
  }
  const well = individualResults.length > 0 ? 'Each patch alone passes its tests, but ' : '';
  if (conflict) {
    const mergeNote =
      merge?.strategy == null
        ? `${merge?.policy ? `the policy ${merge.policy}` : 'the policy'} does not merge them`
        : `${describeOnlyTested(file) || `after the ${merge.strategy} merge`}, ${features || 'the tests fail'}`;
    return { name: 'textual_conflict', sentence: formatSentence(`${well}${conflict}, and ${mergeNote}`) };
  }
  if (merge?.status === 'clean' && individualResults.length > 0)
    return {
      name: 'semantic_conflict',
      sentence: `${well}on the merged tree, which has no conflict, ${features || 'the tests fail'}.`,
    };
  return { name: 'feature_failed', sentence: formatSentence(features || 'the tests of a feature fail') };
}

/**
 * Under the policy `lead`, a conflict leaves the patch of the first seat. Returns the empty string if what was tested is a
 * merge.
 */
export function describeOnlyTested({ merge, apply_status }: Partial<EvaluationFile>): string {
  const [first] = Object.keys(apply_status ?? {});
  if (merge?.strategy !== 'lead' || first === undefined) return '';
  return `under the policy ${merge.policy ?? 'lead'} only ${first}'s patch was tested`;
}

/**
 * `feature 2 fails (3 of 26 tests failed) and feature 3 fails (…)`, on the tested tree. Returns an empty value if no feature
 * failed.
 */
function formatFailures(file: Partial<EvaluationFile>): string {
  return list(
    findFeatureResults(file)
      .filter(({ passed }) => passed === false)
      .map((feature) => `feature ${feature.feature_id} fails${formatReason(feature)}`),
  );
}

/** Finds the results of features on the tested tree. The original's files have only the first two. */
export function findFeatureResults(file: Partial<EvaluationFile>): readonly StoredFeatureResult[] {
  const features = Object.entries(file.features_results ?? {});
  if (features.length > 0)
    return features.map(([id, result]) => ({ ...result, feature_id: result.feature_id ?? Number(id) }));
  return [file.feature1, file.feature2].flatMap((feature, index) =>
    feature ? [{ ...feature, feature_id: feature.feature_id ?? file.features?.[index] ?? index + 1 }] : [],
  );
}

function formatReason(feature: StoredFeatureResult): string {
  if (feature.exit_code === undefined && !feature.tests_failed) return '';
  const whyText = explainFailure(fromSnakeKeys<FeatureResult>(feature))?.split('\n')[0];
  return formatBracketed(whyText, feature);
}

/** ` (3 of 26 tests failed, first "adds": 1 !== 2 at src/a.js:4)`. */
function formatBracketed(whyText: string | null | undefined, result: StoredTests): string {
  const [first] = findFailingTests(result);
  const evidence = first ? describeEvidence(first) : '';
  const parts = [whyText, evidence && (first?.name ? `first ${evidence}` : evidence)];
  const text = parts.filter(Boolean).join(', ');
  return text && ` (${text})`;
}

type StoredTests = Partial<Pick<StoredFeatureResult, 'failing_tests' | 'test_output'>>;

/**
 * Finds the failing tests of a run of tests that did not pass. Files of earlier releases and of the original have only its
 * output.
 */
export function findFailingTests({
  failing_tests: storedTests,
  test_output: output,
}: StoredTests): readonly FailingTest[] {
  return storedTests ?? failingTests(String(output ?? ''));
}

function describeEvidence({ name, message, places: [place] }: FailingTest): string {
  const placeText = place === undefined ? '' : ` at ${shorten(place, 100)}`;
  const summary = [name && `"${shorten(name, 120)}"`, shorten(message, 220)].filter(Boolean).join(': ');
  return `${summary}${placeText}`;
}

function shorten(text: string, maxChars: number): string {
  return text.length > maxChars ? `${text.slice(0, maxChars - 1)}…` : text;
}

function listSeatsWith(applied: readonly (readonly [string, string])[], status: string): string[] {
  return applied.filter(([, applyStatus]) => applyStatus === status).map(([seat]) => seat);
}

function formatPatches(seats: readonly string[]): string {
  return seats.length === 1 ? `patch of ${seats[0]} does` : `patches of ${list(seats)} do`;
}

/** `a`, `a and b`, `a, b and c`. */
function list(items: readonly string[], maxItems: number = items.length): string {
  const shownItems = items.slice(0, maxItems);
  if (items.length > maxItems) shownItems.push(`${items.length - maxItems} more`);
  return [shownItems.slice(0, -1).join(', '), shownItems.at(-1) ?? ''].filter(Boolean).join(' and ');
}

function formatSentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
