/** What an evaluator or a channel measures in a trial. */
export type MetricValue = number | boolean | string;

/**
 * How reports show a metric. Its name is a key of lower-case letters, digits and underscores, such as `open_questions`. Numbers
 * and booleans have a mean and an interval; a boolean counts as 0 or 1.
 */
export interface MetricDefinition {
  /** The head of its column. Defaults to the name of the metric. */
  readonly title?: string;
  /** Such as `s` or `USD`. A count, a share or a text has none. */
  readonly unit?: string;
  /** Which values are better. If it is absent, neither is better. */
  readonly better?: 'higher' | 'lower';
}

/** The metrics of an evaluator or a channel, by name. */
export type MetricDefinitions = Readonly<Record<string, MetricDefinition>>;
