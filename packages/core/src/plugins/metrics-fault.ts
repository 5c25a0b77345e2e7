import type { MetricDefinitions } from '../contracts/metric.ts';

const namePattern = /^[a-z][a-z0-9_]*$/;

/** Finds what is wrong with the metrics that an evaluator or a channel declares, as the end of a sentence, or undefined. */
export function findMetricsFault(metrics: MetricDefinitions): string | undefined {
  if (typeof metrics !== 'object' || metrics === null || Array.isArray(metrics))
    return 'its "metrics" are not an object.';
  for (const [name, definition] of Object.entries(metrics)) {
    if (!namePattern.test(name))
      return `the metric "${name}" must begin with a lower-case letter and have only lower-case letters, digits and underscores.`;
    const { title, unit, better } = definition ?? {};
    if (better !== undefined && better !== 'higher' && better !== 'lower')
      return `the metric "${name}" has the "better" ${JSON.stringify(better)}, expected "higher" or "lower".`;
    for (const [key, text] of Object.entries({ title, unit }))
      if (text !== undefined && typeof text !== 'string')
        return `the metric "${name}" has a "${key}" that is no text.`;
  }
  return undefined;
}
