import { count, formatMoney, formatPercent } from '@cooperbench/command/figures';
import { sumValues } from '../statistics/clusters.ts';
import { buildComparisonSections, buildFlipsSection } from './comparison-sections.ts';
import type { ConditionReport } from './condition-report.ts';
import {
  buildCauseCountsSection,
  buildFailuresSection,
  buildUnreadableSection,
  conflicts,
  errors,
} from './failure-sections.ts';
import { labelSections } from './label-sections.ts';
import { metrics } from './metric-section.ts';
import { listMixedPolicies, listNetworkNotes } from './notes.ts';
import type { RateReport } from './rate-report.ts';
import type { Report } from './report.ts';
import {
  buildSection,
  estimateCells,
  formatFewTasks,
  formatPointRange,
  formatPoints,
  formatRange,
  formatRepositoriesFor,
  type Section,
} from './section.ts';
import { communication, formatWhole, phases, seats } from './use-sections.ts';

/** Returns the report as tables. Leaves out what has no row. */
export function sections(report: Report): Section[] {
  const { conditions } = report;
  const mixedPolicyNames = listMixedPolicies(conditions);
  const allSections = [
    buildOverviewSection(report, mixedPolicyNames),
    buildRatesSection(conditions, mixedPolicyNames),
    buildVoidsSection(conditions),
    buildRepetitionsSection(conditions),
    ...buildComparisonSections(report.comparisons, mixedPolicyNames),
    buildEffectsSection(report),
    buildMatrixSection(report),
    buildFlipsSection(report.comparisons),
    buildGroupSection('Repository', report, ({ by_repository }) => by_repository),
    buildGroupSection('Task', report, ({ by_task }) => by_task),
    buildSeatsSection(report),
    seats(conditions),
    phases(conditions),
    communication(conditions),
    metrics(report),
    conflicts(conditions),
    buildCauseCountsSection(conditions),
    buildFailuresSection(conditions),
    ...labelSections(report),
    errors(conditions),
    buildUnreadableSection(report),
  ];
  const filledSections = allSections.filter(({ table }) => table.rows.length > 0);
  return report.cluster === 'repo' ? filledSections.map(withRepositories) : filledSections;
}

/** What says "tasks" of the clusters says "repositories". */
function withRepositories({ table, notes, ...one }: Section): Section {
  if (!table.head.includes('Tasks')) return { ...one, table, notes };
  const head = table.head.map((text) => (text === 'Tasks' ? 'Repositories' : text));
  return { ...one, table: { ...table, head }, notes: notes.map(formatRepositoriesFor) };
}

function buildOverviewSection(
  { conditions, merge_policy }: Report,
  mixedPolicyNames: readonly string[],
): Section {
  const head = [
    ...['Condition', 'Agent', 'Model', 'Merge policy', 'Trials', 'Individual', formatPassedTitle(conditions)],
    ...['Overall', 'Messages', 'Cost', 'Lost', 'Not evaluated'],
  ];
  const rows = conditions.map((condition) => [
    ...[
      condition.label,
      condition.agent,
      condition.model,
      condition.merge_policies.join(' + ') || 'n/a',
      String(condition.trials),
    ],
    ...[condition.individual, condition.merged, condition.overall].map(({ rate }) => formatPercent(rate)),
    ...[formatWhole(condition.communication.messages), formatMoney(condition.cost)],
    ...[String(condition.errors.length), String(condition.not_evaluated)],
  ]);
  const sum = (figure: 'not_evaluated' | 'outdated'): number =>
    sumValues(conditions.map((condition) => condition[figure]));
  const missing = merge_policy !== null && sum('not_evaluated') > 0;
  const discardingConditions = conditions.filter(({ discarded_cost: cost }) => cost !== 0);
  const notes = [
    ...mixedPolicyNames,
    ...listNetworkNotes(conditions),
    ...(missing
      ? [
          `Only verdicts under ${merge_policy} count. ${count(sum('not_evaluated'), 'trial')} without one: \`cooperbench eval -n RUN --merge-policy ${merge_policy}\` evaluates ${sum('not_evaluated') === 1 ? 'it' : 'them'}.`,
        ]
      : []),
    ...(sum('outdated') > 0
      ? [
          `${count(sum('outdated'), 'verdict')} older than a change of the inputs: repeat \`cooperbench eval -n RUN\`.`,
        ]
      : []),
    ...discardingConditions.map(
      ({ label, discarded_cost: cost }) =>
        `The cost of ${label} includes ${formatMoney(cost)} for attempts that left no result: they ran again, or were replaced, interrupted or killed.`,
    ),
  ];
  return buildSection('Conditions', head, rows, [0, 1, 2, 3], notes);
}

function buildEffectsSection({ marginal_effects: marginalEffects }: Report): Section {
  const rows = marginalEffects.map(
    ({ factor, level, reference, contrasts, pairs, tasks, estimate, interval }) => [
      ...[factor, level, reference, formatPoints(estimate), formatPointRange(interval)],
      ...[String(pairs), String(tasks), String(contrasts)],
    ],
  );
  return buildSection(
    'Marginal effects',
    ['Factor', 'Level', 'Reference', 'Level - reference', '95% interval', 'Pairs', 'Tasks', 'Contrasts'],
    rows,
    [0, 1, 2],
    [
      'Of the merged rate, over the conditions that are equal in all other factors, paired by pair and clustered by task.',
      ...formatFewTasks(marginalEffects.map(({ tasks }) => tasks)),
    ],
  );
}

/** Builds each pair in each condition. */
function buildMatrixSection({ conditions, pairs_by_condition: pairs }: Report): Section {
  const rows = conditions.length < 2 ? [] : pairs.map(({ pair, passed }) => [pair, ...passed]);
  const texts = ['Pair', ...conditions.map(({ label }) => label)];
  const pairsSection = buildSection(
    'Pairs by condition',
    texts,
    rows,
    texts.map((_, index) => index),
  );
  return { ...pairsSection, isList: true };
}

/** Returns how people read the rate of a condition. */
export function rateName(
  name: 'individual' | 'merged' | 'overall',
  { judged }: Pick<ConditionReport, 'judged'>,
): string {
  return name === 'merged' && judged === 'single' ? 'passed' : name;
}

/** Where every condition has one patch, as in solo, nothing is merged. */
function formatPassedTitle(conditions: readonly ConditionReport[]): string {
  return conditions.every(({ judged }) => judged === 'single') ? 'Passed' : 'Merged';
}

function buildRatesSection(
  conditions: readonly ConditionReport[],
  mixedPolicyNames: readonly string[],
): Section {
  const rateNames = ['individual', 'merged', 'overall'] as const;
  const rows = conditions.flatMap((condition) =>
    rateNames
      .filter((name) => condition[name].rate !== null)
      .map((name) => [
        condition.label,
        rateName(name, condition),
        ...estimateCells(condition[name].rate, condition[name].interval, condition[name].bootstrap),
        ...listSizes(condition[name]),
      ]),
  );
  const head = ['Condition', 'Rate', 'Value', '95% interval', 'Bootstrap', 'Counted', 'Tasks', 'Effective'];
  return buildSection(
    'Pass rates',
    head,
    rows,
    [0, 1],
    [
      'Intervals account for pairs that share tasks: Wilson for the effective number of observations, and a bootstrap of whole tasks beside it. Individual counts seats; merged and overall count pairs.',
      ...formatFewTasks(conditions.map(({ merged: { clusters } }) => clusters)),
      ...mixedPolicyNames,
    ],
  );
}

function buildVoidsSection(conditions: readonly ConditionReport[]): Section {
  const rows = conditions
    .filter((condition) => condition.voids.trials > 0)
    .flatMap((condition) =>
      condition.voids.by_model.map(({ model, seats }) => [
        ...[
          condition.label,
          model,
          String(seats),
          String(condition.voids.trials),
          String(condition.voids.attempts),
        ],
        ...[
          String(condition.voids.unexplained),
          formatPercent(condition.merged.rate),
          formatPercent(condition.voids.merged.rate),
        ],
      ]),
    );
  const head = [
    ...['Condition', 'Model', 'Its lost seats', 'Lost trials', 'Lost attempts', 'Unexplained'],
    ...[formatPassedTitle(conditions), 'Lost as failures'],
  ];
  return buildSection(
    'Lost attempts',
    head,
    rows,
    [0, 1],
    [
      'Agents may be able to cause a loss. The last column counts every trial that was lost in an attempt as a failure, also where a later attempt has a verdict.',
    ],
  );
}

function listSizes({ observations, clusters, effective_observations }: RateReport): string[] {
  return [String(observations), String(clusters), effective_observations?.toFixed(1) ?? 'n/a'];
}

function buildRepetitionsSection(conditions: readonly ConditionReport[]): Section {
  const rows = conditions.flatMap(({ label, pass_at_k: passRates }) =>
    passRates.map(({ k, pairs, pass_at_k, pass_hat_k }) => [
      ...[label, String(k), formatPercent(pass_at_k), formatPercent(pass_hat_k), String(pairs)],
    ]),
  );
  return buildSection('Repetitions', ['Condition', 'k', 'pass@k', 'pass^k', 'Pairs'], rows, [0]);
}

function buildGroupSection(
  group: string,
  { conditions, cluster }: Pick<Report, 'conditions' | 'cluster'>,
  groupsOf: (condition: ConditionReport) => ConditionReport['by_task'],
): Section {
  // One cluster has no interval.
  const withInterval = conditions.flatMap(groupsOf).filter(({ interval }) => interval !== null);
  const hasIntervals = withInterval.length > 0;
  const rows = conditions.flatMap((condition) =>
    groupsOf(condition).map(({ name, trials, pairs, individual, merged, interval, overall }) => [
      ...[condition.label, name, String(trials), String(pairs), formatPercent(individual)],
      ...[formatPercent(merged), ...(hasIntervals ? [formatRange(interval)] : []), formatPercent(overall)],
    ]),
  );
  return buildSection(
    `By ${group.toLowerCase()}`,
    [
      ...['Condition', group, 'Trials', 'Pairs', 'Individual', formatPassedTitle(conditions)],
      ...(hasIntervals ? ['95% interval'] : []),
      'Overall',
    ],
    rows,
    [0, 1],
    formatFewTasks(
      withInterval.map(({ clusters }) => clusters),
      cluster,
    ),
  );
}

/** Builds the section for conditions whose trials differ in it. */
function buildSeatsSection({ conditions, cluster }: Report): Section {
  const variedConditions = conditions.filter(({ by_seats }) => by_seats.length > 1);
  return buildGroupSection('Seats', { conditions: variedConditions, cluster }, ({ by_seats }) => by_seats);
}
