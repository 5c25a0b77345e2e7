import { formatMetricHead, formatMetricText, listDistinctMetrics } from '@cooperbench/command/figures';
import type { MetricReport } from './metric-reports.ts';
import type { Report } from './report.ts';
import { buildSection, formatFewTasks, type Section } from './section.ts';

/** Returns a column for each metric, with its mean, and one for the interval. */
export function metrics({ conditions, cluster }: Pick<Report, 'conditions' | 'cluster'>): Section {
  const all = listDistinctMetrics(conditions);
  const head = ['Condition', ...all.flatMap((metric) => [formatMetricHead(metric), '95% interval'])];
  const rows = conditions
    .filter((condition) => condition.metrics.length > 0)
    .map((condition) => [
      condition.label,
      ...all.flatMap(({ name }) => buildCells(condition.metrics.find((metric) => metric.name === name))),
    ]);
  const directions = all.flatMap((metric) =>
    metric.better ? [`Better is a ${metric.better} ${formatMetricHead(metric)}.`] : [],
  );
  return buildSection(
    'Metrics',
    head,
    rows,
    [0],
    [
      `Means over pairs; a pair counts the mean of its repetitions. Intervals are clustered by ${cluster === 'repo' ? 'repository' : 'task'}.`,
      ...formatFewTasks(
        conditions.flatMap((condition) => condition.metrics.map(({ clusters }) => clusters)),
        cluster,
      ),
      ...directions,
    ],
  );
}

function buildCells(metric: MetricReport | undefined): string[] {
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
    formatMetricText(mean),
    interval === null
      ? 'not estimable'
      : `${formatMetricText(interval[0])} to ${formatMetricText(interval[1])}`,
  ];
}
