import type { RecordedMetric } from '@cooperbench/records';
import { type Cluster, computeClusteredMean, type Interval, sumValues } from '../statistics/clusters.ts';
import type { Trial } from '../trials/trial.ts';
import type { ClusterKey } from './condition.ts';

/** A metric of channels or of the evaluator in a condition. */
export interface MetricReport extends Omit<RecordedMetric, 'value'> {
  /** Trials that measured it. */
  readonly trials: number;
  /** The mean over pairs of the mean over their repetitions; a boolean counts as 0 or 1. It is null if its values are texts. */
  readonly mean: number | null;
  /** Of the mean, clustered; of booleans between 0 and 1. It is null if it is not estimable. */
  readonly interval: Interval | null;
  /** Clusters with a number. */
  readonly clusters: number;
  /** How many trials have each text, the most frequent first. It is empty if its values are no texts. */
  readonly texts: readonly (readonly [text: string, trials: number])[];
}

/** Lists the metrics of a condition, in the order in which its trials declare them. */
export function listMetricReports(trials: readonly Trial[], cluster: ClusterKey = 'task'): MetricReport[] {
  const measured = trials.flatMap((trial) => trial.metrics.map((metric) => ({ trial, metric })));
  return [...Map.groupBy(measured, ({ metric }) => metric.name).values()].flatMap((metricValues) => {
    const [first] = metricValues;
    if (!first) return [];
    const { value: _, ...definition } = first.metric;
    const numbers = metricValues.flatMap(({ trial, metric: { value } }) =>
      typeof value === 'string' ? [] : [{ task: trial[cluster], pair: trial.pair, value: Number(value) }],
    );
    const texts = metricValues.flatMap(({ metric: { value } }) => (typeof value === 'string' ? [value] : []));
    const clusters = listClusters(numbers);
    const { mean, interval } = computeClusteredMean(clusters);
    const isShare = metricValues.every(({ metric: { value } }) => typeof value === 'boolean');
    return {
      ...definition,
      trials: metricValues.length,
      mean,
      interval: interval && isShare ? [Math.max(0, interval[0]), Math.min(1, interval[1])] : interval,
      clusters: clusters.length,
      texts: [...Map.groupBy(texts, (text) => text)]
        .map(([text, sameTexts]) => [text, sameTexts.length] as const)
        .sort(([, left], [, right]) => right - left),
    };
  });
}

interface MeasuredMetric {
  readonly task: string;
  readonly pair: string;
  readonly value: number;
}

/** Each pair counts once, with the mean of its repetitions. */
function listClusters(measured: readonly MeasuredMetric[]): Cluster[] {
  const pairs = [...Map.groupBy(measured, ({ pair }) => pair).values()].map((pairValues) => ({
    task: pairValues[0]?.task ?? '',
    value: sumValues(pairValues.map(({ value }) => value)) / pairValues.length,
  }));
  return [...Map.groupBy(pairs, ({ task }) => task).values()].map((taskValues) => ({
    size: taskValues.length,
    sum: sumValues(taskValues.map(({ value }) => value)),
  }));
}
