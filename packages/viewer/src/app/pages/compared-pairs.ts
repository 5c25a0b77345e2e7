import {
  type Comparison,
  collectObservations,
  compareConditions,
  computeMeanRate,
  listConditions,
} from '@cooperbench/report/comparisons';
import type { PairRow, RunDocument } from '../../data/model.ts';

/** A pair in two runs, with all of its repetitions. */
export interface ComparedPair {
  readonly pair: string;
  readonly sides: readonly [PairSide, PairSide];
  /** Both runs judged the pair, and their rates differ. */
  readonly flipped: boolean;
}

/** The repetitions of a pair in one setting of one run. */
export interface PairSide {
  readonly setting: string;
  /** In the order of their numbers. */
  readonly trials: readonly PairRow[];
  readonly passed: number;
  /** Trials with a verdict. No rate counts the others. */
  readonly judged: number;
  /** passed / judged. */
  readonly rate: number | null;
  /** Means over the trials. It is null if the files do not say. */
  readonly cost: number | null;
  readonly steps: number | null;
}

/** Two settings on the pairs that both runs judged, as reports count them. */
export interface SharedRates {
  readonly settings: readonly [string, string];
  readonly pairs: number;
  readonly rates: readonly [number | null, number | null];
}

type Runs = readonly [RunDocument, RunDocument];

/** Pairs that both runs have: one setting with the same, or else the first settings of both runs with each other. */
export function comparePairs([left, right]: Runs): ComparedPair[] {
  const otherRows = Map.groupBy(right.pairs, ({ pair }) => pair);
  return [...Map.groupBy(left.pairs, ({ pair }) => pair)].flatMap(([pair, pairRows]) => {
    const counterpartRows = otherRows.get(pair);
    return counterpartRows
      ? pairCounterparts(pairRows, counterpartRows).map((sides) => comparePair(pair, sides))
      : [];
  });
}

/** Returns the comparisons that `cooperbench report ONE OTHER` prints. */
export function compareRuns(runs: Runs): Comparison[] {
  const runPairs = runs.map(({ name, pairs }) => ({
    name,
    trials: pairs.map(({ models, verdict, ...row }) => ({
      ...row,
      verdict: verdict === 'running' || verdict === 'evaluating' ? 'none' : verdict,
      seats: models.map((model) => ({ model })),
    })),
  }));
  return compareConditions(listConditions(runPairs));
}

/** By settings, the mean rates over the pairs that both runs judged. */
export function listSharedRates(pairs: readonly ComparedPair[]): SharedRates[] {
  const judged = pairs.filter(({ sides }) => sides.every(({ rate }) => rate !== null));
  const groups = Map.groupBy(judged, ({ sides }) => JSON.stringify(sides.map(({ setting }) => setting)));
  return [...groups.values()].map((groupPairs) => {
    const rateOf = (side: 0 | 1): number | null =>
      computeMeanRate(groupPairs.map(({ sides }) => ({ value: sides[side].rate ?? 0 })));
    const [first] = groupPairs as [ComparedPair];
    return {
      settings: [first.sides[0].setting, first.sides[1].setting],
      pairs: groupPairs.length,
      rates: [rateOf(0), rateOf(1)],
    };
  });
}

function pairCounterparts(ones: readonly PairRow[], otherRows: readonly PairRow[]): [PairRow[], PairRow[]][] {
  const [left, right] = [ones, otherRows].map((rows) => Map.groupBy(rows, ({ setting }) => setting)) as [
    Map<string, PairRow[]>,
    Map<string, PairRow[]>,
  ];
  const sharedSettings = [...left].flatMap(([setting, settingRows]): [PairRow[], PairRow[]][] => {
    const otherRows = right.get(setting);
    return otherRows ? [[settingRows, otherRows]] : [];
  });
  if (sharedSettings.length > 0) return sharedSettings;
  return [[[...left.values()][0] ?? [], [...right.values()][0] ?? []]];
}

function comparePair(pair: string, rows: readonly [PairRow[], PairRow[]]): ComparedPair {
  const [left, right] = [buildSide(rows[0]), buildSide(rows[1])];
  const flipped = left.rate !== null && right.rate !== null && left.rate !== right.rate;
  return { pair, sides: [left, right], flipped };
}

function buildSide(rows: readonly PairRow[]): PairSide {
  const trials = rows.toSorted((left, right) => left.repetition - right.repetition);
  const verdicts = trials.map(({ verdict }) => verdict);
  const judged = trials.flatMap(({ verdict, ...row }) =>
    verdict === 'passed' || verdict === 'failed' ? [{ ...row, verdict }] : [],
  );
  return {
    setting: trials[0]?.setting ?? '',
    trials,
    passed: verdicts.filter((verdict) => verdict === 'passed').length,
    judged: judged.length,
    rate: computeMeanRate(collectObservations(judged, 'merged')),
    cost: findMean(trials.map(({ cost }) => cost)),
    steps: findMean(trials.map(({ steps }) => steps)),
  };
}

function findMean(values: readonly (number | null)[]): number | null {
  const knownValues = values.filter((value) => value !== null);
  return knownValues.length < values.length ? null : computeMeanRate(knownValues.map((value) => ({ value })));
}
