import { listRepetitionRates, type PassAtK } from '@cooperbench/command/figures';
import {
  type LabelledTrial,
  type LabelReport,
  labelReports,
  listLabelledTrial,
  listPersonReports,
  type NotedTrial,
  type PersonReport,
} from '../analysis/summary.ts';
import { type Interval, sumValues } from '../statistics/clusters.ts';
import { computeClusteredRate } from '../statistics/rate.ts';
import type { Cause } from '../trials/cause.ts';
import { findCost, type Talk, type Trial } from '../trials/trial.ts';
import type { Condition } from './condition.ts';
import { listMetricReports, type MetricReport } from './metric-reports.ts';
import { collectObservations, computeMeanRate, listTaskClusters } from './observations.ts';
import { computePhaseUsage, type PhaseUsage } from './phase-usage.ts';
import { type RateReport, rateReport } from './rate-report.ts';
import { computeSeatUsage, type SeatUsage } from './seat-usage.ts';
import { buildVoidReport, type VoidReport } from './void-report.ts';

/** The figures of one setting of one run. */
export interface ConditionReport extends Pick<Condition, 'label' | 'run' | 'setting'> {
  /** `single`: one patch holds all features, so nothing is merged. */
  readonly judged: Trial['judged'];
  readonly agent: string;
  readonly model: string;
  /** The merge policies of the verdicts, sorted. It is empty if none plays a part, or the files do not say. */
  readonly merge_policies: readonly string[];
  /** The networks of agents and of tests, where the files say. */
  readonly networks: readonly string[];
  readonly eval_networks: readonly string[];
  readonly trials: number;
  readonly pairs: number;
  /** The repetitions of the pair that has the most. */
  readonly repetitions: number;
  readonly passed: number;
  readonly failed: number;
  /** Trials that infrastructure lost. No rate counts them. */
  readonly errors: readonly { readonly trial: string; readonly reason: string }[];
  readonly not_evaluated: number;
  /** Verdicts that are older than a change of their inputs. */
  readonly outdated: number;
  readonly individual: RateReport;
  readonly merged: RateReport;
  readonly overall: RateReport;
  /** Trials that were lost in an attempt, and the merged rate with each of them as a failure. */
  readonly voids: VoidReport;
  /** It is empty without repetitions. */
  readonly pass_at_k: readonly PassAtK[];
  readonly by_repository: readonly GroupRates[];
  readonly by_task: readonly GroupRates[];
  /** By the number of seats of a trial. */
  readonly by_seats: readonly GroupRates[];
  /** Means over trials that were neither lost nor cancelled, as of phases and metrics. */
  readonly seats: readonly SeatUsage[];
  /** It is empty if the setting has none. */
  readonly phases: readonly PhaseUsage[];
  /** USD that was spent. It is null if the price of a call, or what a trial cost, is not known. */
  readonly cost: number | null;
  /** The part that no trial here cost: attempts that ran again, were replaced, interrupted or killed. */
  readonly discarded_cost: number | null;
  /** Sum over trials. It is null if the files of a trial do not say. */
  readonly seconds: number | null;
  /** `trials`: those whose files record messages. */
  readonly communication: Talk & { readonly trials: number };
  /** The metrics of channels and evaluators. */
  readonly metrics: readonly MetricReport[];
  readonly conflicts: readonly { readonly task: string; readonly path: string; readonly trials: number }[];
  readonly causes: Readonly<Partial<Record<Cause['name'], number>>>;
  readonly failures: readonly ({ readonly trial: string } & Cause)[];
  /** Labels that models gave to the failed trials. It is empty if nobody asked a model. */
  readonly labels: readonly LabelReport[];
  readonly labelled: readonly LabelledTrial[];
  /** Labels that people gave to them. */
  readonly people: readonly PersonReport[];
  readonly notes: readonly NotedTrial[];
}

export interface GroupRates {
  readonly name: string;
  readonly trials: number;
  /** Pairs that have a verdict. */
  readonly pairs: number;
  /** Of the merged rate. It is null if it is not estimable. */
  readonly interval: Interval | null;
  /** Clusters that have a verdict. */
  readonly clusters: number;
  readonly individual: number | null;
  readonly merged: number | null;
  readonly overall: number | null;
}

export function buildConditionReport(
  { label, run, setting, trials, discardedCost, cluster }: Condition,
  seed: number,
): ConditionReport {
  const sum = (values: readonly (number | null)[]): number | null =>
    values.includes(null) ? null : sumValues(values.map((value) => value ?? 0));
  const lostTrials = trials.filter(({ verdict }) => verdict === 'error');
  const finishedTrials = trials.filter(isFinished);
  const failedTrials = trials.filter(({ verdict }) => verdict === 'failed');
  const merged = rateReport(collectObservations(trials, 'merged', cluster), seed);
  const causes = Map.groupBy(failedTrials, ({ cause }) => cause?.name ?? 'feature_failed');
  return {
    label,
    run,
    setting,
    judged: trials.every(({ judged }) => judged === 'single') ? 'single' : 'merge',
    agent: joinDistinct(trials.map(({ agent }) => agent)),
    model: joinDistinct(trials.map(({ model }) => model)),
    merge_policies: [...new Set(trials.flatMap(({ merge_policy }) => merge_policy ?? []))].sort(),
    networks: [...new Set(trials.flatMap(({ network }) => network ?? []))].sort(),
    eval_networks: [...new Set(trials.flatMap(({ eval_network }) => eval_network ?? []))].sort(),
    trials: trials.length,
    pairs: new Set(trials.map(({ pair }) => pair)).size,
    repetitions: Math.max(
      0,
      ...[...Map.groupBy(trials, ({ pair }) => pair).values()].map((pairTrials) => pairTrials.length),
    ),
    passed: trials.filter(({ verdict }) => verdict === 'passed').length,
    failed: failedTrials.length,
    errors: lostTrials.map(({ id, cause }) => ({ trial: id, reason: cause?.sentence ?? '' })),
    not_evaluated: trials.filter(({ verdict }) => verdict === 'none').length,
    outdated: trials.filter(({ outdated }) => outdated).length,
    individual: rateReport(collectObservations(trials, 'individual', cluster), seed),
    merged,
    overall: rateReport(collectObservations(trials, 'overall', cluster), seed),
    voids: buildVoidReport(trials, merged, seed, cluster),
    pass_at_k: passAt(trials),
    by_repository: groupRates(trials, ({ repo }) => repo, cluster),
    by_task: groupRates(trials, ({ task }) => task, cluster),
    by_seats: groupRates(trials, ({ seats }) => String(seats.length), cluster),
    seats: computeSeatUsage(finishedTrials),
    phases: computePhaseUsage(finishedTrials),
    cost: sum([...trials.map(findCost), discardedCost]),
    discarded_cost: discardedCost,
    seconds: sum(trials.map(({ seconds }) => seconds)),
    communication: buildCommunication(trials.map(({ talk }) => talk)),
    metrics: listMetricReports(finishedTrials, cluster),
    conflicts: listConflictsByFile(trials),
    causes: Object.fromEntries([...causes].map(([name, items]) => [name, items.length])),
    failures: failedTrials.flatMap(({ id, cause }) => (cause ? [{ trial: id, ...cause }] : [])),
    labels: labelReports(trials),
    labelled: trials.flatMap(listLabelledTrial),
    people: listPersonReports(trials),
    notes: trials.flatMap(({ id, notes = [] }) => notes.map((note) => ({ trial: id, ...note }))),
  };
}

/**
 * Returns whether a trial ran to its end. Usage and metrics of one that infrastructure or the user ended say nothing of whole
 * trials.
 */
function isFinished({ verdict, seats }: Trial): boolean {
  return verdict !== 'error' && !seats.some(({ status }) => status === 'Cancelled');
}

function passAt(trials: readonly Trial[]): PassAtK[] {
  const decidedTrials = trials.filter(({ verdict }) => verdict === 'passed' || verdict === 'failed');
  const pairs = [...Map.groupBy(decidedTrials, ({ pair }) => pair).values()];
  return listRepetitionRates(
    pairs.map((pairTrials) => ({
      n: pairTrials.length,
      c: pairTrials.filter(({ verdict }) => verdict === 'passed').length,
    })),
  );
}

function groupRates(
  trials: readonly Trial[],
  key: (trial: Trial) => string,
  cluster: Condition['cluster'],
): GroupRates[] {
  return [...Map.groupBy(trials, key)].map(([name, group]) => {
    const {
      observations: pairs,
      clusters,
      interval,
    } = computeClusteredRate(listTaskClusters(collectObservations(group, 'merged', cluster)));
    return {
      ...{ name, trials: group.length, pairs, interval, clusters },
      individual: computeMeanRate(collectObservations(group, 'individual')),
      merged: computeMeanRate(collectObservations(group, 'merged')),
      overall: computeMeanRate(collectObservations(group, 'overall')),
    };
  });
}

function listConflictsByFile(trials: readonly Trial[]): ConditionReport['conflicts'] {
  const conflictPaths = trials.flatMap(({ task, conflicts }) => conflicts.map((path) => ({ task, path })));
  return [...Map.groupBy(conflictPaths, ({ task, path }) => JSON.stringify([task, path])).values()]
    .map((samePaths) => ({
      task: samePaths[0]?.task ?? '',
      path: samePaths[0]?.path ?? '',
      trials: samePaths.length,
    }))
    .sort((left, right) => right.trials - left.trials);
}

const figures: Readonly<Record<keyof Talk, true>> = {
  messages: true,
  refused: true,
  unread: true,
  dropped: true,
  duplicated: true,
  to_finished: true,
  questions: true,
  unanswered: true,
  communication_steps: true,
  steps: true,
  communication_tokens: true,
  tokens: true,
};

/** Sums over the trials whose files say. */
function buildCommunication(talks: readonly Talk[]): ConditionReport['communication'] {
  const sums = Object.keys(figures).map((key) => {
    const values = talks.flatMap((talk) => talk[key as keyof Talk] ?? []);
    return [key, values.length === 0 ? null : sumValues(values)];
  });
  return { ...Object.fromEntries(sums), trials: talks.filter(({ messages }) => messages !== null).length };
}

function joinDistinct(values: readonly string[]): string {
  return [...new Set(values)].join(', ');
}
