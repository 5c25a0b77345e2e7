import type { EvaluationSummary } from '@cooperbench/records';
import { count, formatPercent } from '../figures/format.ts';
import { safeText } from '../terminal/safe-text.ts';
import { type PairVerdicts, pairVerdicts } from './pair-verdicts.ts';

/** The share of the baseline's success that another setting loses. */
export interface CoordinationDeficit {
  /** The setting in which one agent does all the work. */
  readonly baseline: string;
  readonly setting: string;
  /** Number of pairs that have a verdict in both settings. Only these count. */
  readonly pairs: number;
  /** Number of pairs that pass. A repeated pair counts as the share of its repetitions that pass. */
  readonly passedByBaseline: number;
  readonly passed: number;
  /** (baseline - setting) / baseline, as a fraction of 1. It is null when the baseline passes no pair. */
  readonly deficit: number | null;
}

/**
 * Returns the deficit of every setting whose patches are merged. The baseline is the first setting with one seat. In others,
 * such as `relay`, several agents work although one patch holds all features. Returns an empty value if there are no results
 * of such a setting.
 */
export function listCoordinationDeficits({
  by_setting,
  results,
}: Pick<EvaluationSummary, 'by_setting' | 'results'>): CoordinationDeficit[] {
  const verdicts = pairVerdicts(results);
  const settings = Object.entries(by_setting);
  const [baseline] = settings.find(([, { judged, seats }]) => judged === 'single' && seats === 1) ?? [];
  if (baseline === undefined) return [];
  const baselineVerdicts = verdicts.get(baseline) ?? new Map<string, PairVerdicts>();
  const merged = settings.filter(([, { judged }]) => judged === 'merge');
  return merged.map(([setting]) => {
    const settingVerdicts = verdicts.get(setting) ?? new Map<string, PairVerdicts>();
    const sharedPairs = [...settingVerdicts.keys()].filter((pair) => baselineVerdicts.has(pair));
    const passedByBaseline = computePassed(sharedPairs, baselineVerdicts);
    const passed = computePassed(sharedPairs, settingVerdicts);
    const deficit = passedByBaseline === 0 ? null : (passedByBaseline - passed) / passedByBaseline;
    return { baseline, setting, pairs: sharedPairs.length, passedByBaseline, passed, deficit };
  });
}

function computePassed(pairs: readonly string[], verdicts: ReadonlyMap<string, PairVerdicts>): number {
  return pairs.reduce((sum, pair) => {
    const { n, c } = verdicts.get(pair) ?? { n: 1, c: 0 };
    return sum + c / n;
  }, 0);
}

/** Formats a deficit: `Coordination deficit: 75.0% (of 4 pairs judged in both settings, solo passes 4 and coop 1)`. */
export function formatDeficitLine({
  baseline,
  setting,
  pairs,
  passedByBaseline,
  passed,
  deficit,
}: CoordinationDeficit): string {
  const basis =
    pairs === 0
      ? 'no pair is judged in both settings'
      : `of ${count(pairs, 'pair')} judged in both settings, ${safeText(baseline)} passes ${formatPairsText(passedByBaseline)} and ${safeText(setting)} ${formatPairsText(passed)}`;
  return `Coordination deficit: ${formatPercent(deficit)} (${basis})`;
}

/** Formats a number of pairs. It is a whole number unless pairs are repeated. */
function formatPairsText(pairs: number): string {
  return String(Number(pairs.toFixed(2)));
}
