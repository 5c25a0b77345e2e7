import { distinctMetrics, metricHead, metricText } from '@cooperbench/command/figures';
import type { MetricReport } from './metric-reports.ts';
import type { Report } from './report.ts';
import { fewTasks, type Section, section } from './section.ts';

/** A column for each metric, with its mean, and one for the interval. */
export function metrics({ conditions, cluster }: Pick<Report, 'conditions' | 'cluster'>): Section {
  const all = distinctMetrics(conditions);
  const head = ['Condition', ...all.flatMap((metric) => [metricHead(metric), '95% interval'])];
  const rows = conditions
    .filter((condition) => condition.metrics.length > 0)
    .map((condition) => [
      condition.label,
      ...all.flatMap(({ name }) => cells(condition.metrics.find((metric) => metric.name === name))),
    ]);
  const directions = all.flatMap((metric) =>
    metric.better ? [`Better is a ${metric.better} ${metricHead(metric)}.`] : [],
  );
  return section(
    'Metrics',
    head,
    rows,
    [0],
    [
      `Means over pairs; a pair counts the mean of its repetitions. Intervals are clustered by ${cluster === 'repo' ? 'repository' : 'task'}.`,
      ...fewTasks(
        conditions.flatMap((condition) => condition.metrics.map(({ clusters }) => clusters)),
        cluster,
      ),
      ...directions,
    ],
  );
}

function cells(metric: MetricReport | undefined): string[] {
  if (metric === undefined) return ['n/a', 'n/a'];
  const { mean, interval, texts } = metric;
  if (mean === null)
    return [
      texts
        .slice(0, 3)
        .map(([text, trials]) => `${text}: ${trials}`)
        .join(', '),
      '',
    ];
  return [
    metricText(mean),
    interval === null ? 'not estimable' : `${metricText(interval[0])} to ${metricText(interval[1])}`,
  ];
}
