/** What an evaluator or a channel measures in a trial. */
export type MetricValue = number | boolean | string;

/**
 * How reports show a metric. Its name is a key of lower-case letters, digits and underscores, such as `open_questions`. Numbers
 * and booleans have a mean and an interval; a boolean counts as 0 or 1.
 */
export interface MetricDefinition {
  /** The head of its column. Absent means its name. */
  readonly title?: string;
  /** Such as `s` or `USD`. If it is absent, it is a count, a share or a text. */
  readonly unit?: string;
  /** Which values are better. Absent means neither. */
  readonly better?: 'higher' | 'lower';
}

/** The metrics of an evaluator or a channel, by name. */
export type MetricDefinitions = Readonly<Record<string, MetricDefinition>>;
