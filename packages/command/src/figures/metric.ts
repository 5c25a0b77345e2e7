import type { MetricDefinition, MetricValue } from '@cooperbench/core';

/** The head of a metric's column, such as `time to first claim (s)`. */
export function metricHead({
  name,
  title = name,
  unit,
}: MetricDefinition & { readonly name: string }): string {
  return unit === undefined ? title : `${title} (${unit})`;
}

/** A value of a metric. Undefined: it was not measured. */
export function metricText(value: MetricValue | null | undefined): string {
  if (value === undefined || value === null) return 'n/a';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'number' ? String(Math.round(value * 1000) / 1000) : value;
}

/** The metrics that trials have, each once, in the order in which they come. */
export function distinctMetrics<M extends { readonly name: string }>(
  trials: readonly { readonly metrics: readonly M[] }[],
): M[] {
  const all = new Map<string, M>();
  for (const metric of trials.flatMap(({ metrics }) => metrics))
    if (!all.has(metric.name)) all.set(metric.name, metric);
  return [...all.values()];
}
