import type { MetricDefinition, MetricDefinitions, MetricValue } from '@cooperbench/core';
import type { EvaluationFile } from '../formats/evaluation-file.ts';
import type { ResultFile } from '../formats/result-file.ts';

/** A metric of a trial, as a channel or the evaluator declared it. */
export interface RecordedMetric extends MetricDefinition {
  readonly name: string;
  readonly value: MetricValue;
}

/**
 * Lists the metrics of a trial: those of its channels, then those of its verdict. Leaves out what was not measured. A name
 * that both have is the channel's, and that of the evaluator is `eval_NAME`.
 */
export function listRecordedMetrics(
  result: Partial<ResultFile> | undefined,
  verdict: Partial<EvaluationFile> | undefined,
): RecordedMetric[] {
  const ofChannels = pick(
    result?.metric_definitions,
    result as Readonly<Record<string, unknown>> | undefined,
  );
  const takenNames = new Set(ofChannels.map(({ name }) => name));
  const ofEvaluator = pick(verdict?.metric_definitions, verdict?.metrics);
  return [
    ...ofChannels,
    ...ofEvaluator.map((metric) =>
      takenNames.has(metric.name) ? { ...metric, name: `eval_${metric.name}` } : metric,
    ),
  ];
}

function pick(
  definitions: MetricDefinitions | null = {},
  values: Readonly<Record<string, unknown>> | null = {},
): RecordedMetric[] {
  return Object.entries(definitions ?? {}).flatMap(([name, definition]) => {
    const value = values && Object.hasOwn(values, name) ? values[name] : undefined;
    return isMetricValue(value) ? [{ ...definition, name, value }] : [];
  });
}

function isMetricValue(value: unknown): value is MetricValue {
  return typeof value === 'number' ? Number.isFinite(value) : ['boolean', 'string'].includes(typeof value);
}
