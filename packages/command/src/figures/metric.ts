import type { MetricDefinition, MetricValue } from '@cooperbench/core';

/** Formats the head of a metric's column, such as `time to first claim (s)`. */
export function formatMetricHead({
  name,
  title = name,
  unit,
}: MetricDefinition & { readonly name: string }): string {
  return unit === undefined ? title : `${title} (${unit})`;
}

/** Formats a value of a metric. Returns undefined if it was not measured. */
export function formatMetricText(value: MetricValue | null | undefined): string {
  if (value === undefined || value === null) return 'n/a';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'number' ? formatNumberText(value) : value;
}

/** With three decimals. A value below 1 has three significant digits, so that a small one is not shown as 0. */
function formatNumberText(value: number): string {
  return String(Math.abs(value) < 1 ? Number(value.toPrecision(3)) : Math.round(value * 1000) / 1000);
}

/** Lists the metrics that trials have, each once, in the order in which they come. */
export function listDistinctMetrics<M extends { readonly name: string }>(
  trials: readonly { readonly metrics: readonly M[] }[],
): M[] {
  const metrics = new Map<string, M>();
  for (const metric of trials.flatMap(({ metrics }) => metrics))
    if (!metrics.has(metric.name)) metrics.set(metric.name, metric);
  return [...metrics.values()];
}
