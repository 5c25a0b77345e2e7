import type { EvaluationSummary } from '@cooperbench/core';
import { count, percent } from '../terminal/format.ts';
import { safeText } from '../terminal/safe-text.ts';

/** The setting in which one agent does all the work. */
const baseline = 'solo';

/** How much of the baseline's success another setting loses. */
export interface CoordinationDeficit {
  readonly setting: string;
  /** The pairs that have a verdict in both settings. Only these are counted. */
  readonly pairs: number;
  readonly passedByBaseline: number;
  readonly passed: number;
  /** (baseline - setting) / baseline, as a fraction of 1. Null when the baseline passes no pair. */
  readonly deficit: number | null;
}

/** The deficit of every setting other than the baseline. Empty when the results hold no baseline. */
export function coordinationDeficits(results: EvaluationSummary['results']): CoordinationDeficit[] {
  const verdicts = results.map(({ run, status }) => {
    const slash = run.indexOf('/');
    return { setting: run.slice(0, slash), pair: run.slice(slash + 1), status };
  });
  const bySetting = Map.groupBy(verdicts, ({ setting }) => setting);
  const alone = new Map(bySetting.get(baseline)?.map(({ pair, status }) => [pair, status]));
  if (alone.size === 0) return [];
  bySetting.delete(baseline);
  return [...bySetting].map(([setting, all]) => {
    const both = all.filter(
      ({ pair, status }) => status !== 'error' && (alone.get(pair) ?? 'error') !== 'error',
    );
    const passedByBaseline = both.filter(({ pair }) => alone.get(pair) === 'passed').length;
    const passed = both.filter(({ status }) => status === 'passed').length;
    const deficit = passedByBaseline === 0 ? null : (passedByBaseline - passed) / passedByBaseline;
    return { setting, pairs: both.length, passedByBaseline, passed, deficit };
  });
}

/** `Coordination deficit: 75.0% (of 4 pairs judged in both settings, solo passes 4 and coop 1)`. */
export function deficitLine({
  setting,
  pairs,
  passedByBaseline,
  passed,
  deficit,
}: CoordinationDeficit): string {
  const basis =
    pairs === 0
      ? 'no pair is judged in both settings'
      : `of ${count(pairs, 'pair')} judged in both settings, ${baseline} passes ${passedByBaseline} and ${safeText(setting)} ${passed}`;
  return `Coordination deficit: ${percent(deficit)} (${basis})`;
}
