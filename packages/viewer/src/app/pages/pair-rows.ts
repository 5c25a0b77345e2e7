import { formatMetricText } from '@cooperbench/command/figures';
import type { MetricValue } from '@cooperbench/core';
import type { PairRow } from '../../data/model.ts';
import { formatCauseWords } from '../parts/cause-words.ts';
import { cost, formatWhole, time } from '../parts/figures.ts';
import { formatVerdictWord } from '../parts/verdict-words.ts';
import type { State } from '../route.ts';

/** Columns by which the table sorts. */
export const sortable = [
  'verdict',
  'pair',
  'setting',
  'merge',
  'cause',
  'messages',
  'steps',
  'seconds',
  'cost',
] as const;
/** A column of the table, or a metric of the trials: `metric NAME`. */
export type SortKey = (typeof sortable)[number] | `metric ${string}`;

export interface Sorting {
  readonly key: SortKey;
  readonly descending: boolean;
}

/** `cost`, or `-cost` for the highest first. Failures come first unless the URL says otherwise. */
export function buildSorting({ sort = '' }: State): Sorting {
  const name = sort.replace(/^-/, '');
  const key = isMetricKey(name) ? name : sortable.find((column) => column === name);
  return key ? { key, descending: sort.startsWith('-') } : { key: 'verdict', descending: false };
}

export function isMetricKey(key: string): key is `metric ${string}` {
  return key.startsWith('metric ');
}

/** Returns a trial's metric. Returns undefined if it has none of this name. */
export function findMetricValue({ metrics }: PairRow, name: string): MetricValue | undefined {
  return metrics.find((metric) => metric.name === name)?.value;
}

/** Returns the sorting after a click on a column's head. Numbers begin with the highest. */
export function toggleSorting(sorting: Sorting, key: SortKey): string {
  const numeric = isMetricKey(key) || ['messages', 'steps', 'seconds', 'cost'].includes(key);
  const descending = sorting.key === key ? !sorting.descending : numeric;
  return `${descending ? '-' : ''}${key}`;
}

/** Filters that a table offers, each a list of what its rows have. */
export const filters = ['verdict', 'setting', 'repo', 'cause', 'label', 'same'] as const;
export type Filter = (typeof filters)[number];

/** By row, what it has of a filter. */
type Values = (row: PairRow) => readonly string[];

function buildValues(filter: Filter, rows: readonly PairRow[]): Values {
  if (filter === 'label') return ({ labels }) => labels;
  if (filter === 'cause') return ({ cause }) => (cause ? [cause.name] : []);
  if (filter === 'same') return sameElsewhere(rows);
  return (row) => [row[filter]];
}

/** Returns how the same pair ended in other settings, such as solo, and in its other repetitions, where it differs. */
function sameElsewhere(rows: readonly PairRow[]): Values {
  const pairs = Map.groupBy(rows, ({ pair }) => pair);
  return ({ pair, setting, verdict }) => {
    if (verdict !== 'passed' && verdict !== 'failed') return [];
    const settings = Map.groupBy(pairs.get(pair) ?? [], (row) => row.setting);
    return [...settings].flatMap(([otherSetting, settingRows]): string[] => {
      const passed = settingRows.some((row) => row.verdict === 'passed');
      const isFailed = settingRows.some((row) => row.verdict === 'failed');
      if (otherSetting === setting) return passed && isFailed ? ['repetitions differ'] : [];
      if (verdict === 'failed') return passed ? [`passes in ${otherSetting}`] : [];
      return isFailed ? [`fails in ${otherSetting}`] : [];
    });
  };
}

/** Lists the values of a column, each with the number of rows that have it. */
export function listChoices(rows: readonly PairRow[], filter: Filter): [value: string, rows: number][] {
  const groups = Map.groupBy(rows.flatMap(buildValues(filter, rows)), (value) => value);
  return [...groups]
    .map(([value, settingNames]): [string, number] => [value, settingNames.length])
    .sort(([left], [right]) => left.localeCompare(right, 'en', { numeric: true }));
}

/** Lists the rows that the state of the URL asks for, in its order. A search is words that must all occur. */
export function listShownRows(rows: readonly PairRow[], state: State): PairRow[] {
  const words = (state.search ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const activeFilters = filters
    .filter((filter) => state[filter])
    .map((filter) => ({ value: state[filter] ?? '', of: buildValues(filter, rows) }));
  const matchingRows = rows.filter(
    (row) =>
      activeFilters.every(({ value, of }) => of(row).includes(value)) &&
      (words.length === 0 || matchesWords(row, words)),
  );
  const { key, descending } = buildSorting(state);
  const direction = descending ? -1 : 1;
  return matchingRows.sort(
    (left, right) => direction * compare(left, right, key) || collator.compare(left.id, right.id),
  );
}

function matchesWords(row: PairRow, words: readonly string[]): boolean {
  const { cause, merge, empty, labels } = row;
  const text = [
    ...[row.id, row.setting, row.agent, row.model, row.verdict, formatVerdictWord(row.verdict)],
    ...[cause?.sentence, cause && formatCauseWords(cause.name), merge?.status, ...labels],
    ...(merge?.strategy ? [merge.strategy, `(${merge.strategy})`] : []),
    ...(empty.length > 0 ? [`empty: ${empty.join(', ')}`] : []),
    ...(row.overall === false && row.verdict === 'passed' ? ['fails alone'] : []),
    ...[formatWhole(row.messages), formatWhole(row.steps), time(row.seconds), cost(row.cost)],
    ...row.metrics.map(({ value }) => formatMetricText(value)),
  ]
    .join(' ')
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

const collator = new Intl.Collator('en', { numeric: true });
const verdictOrder: readonly string[] = ['failed', 'error', 'running', 'evaluating', 'none', 'passed'];

function compare(left: PairRow, right: PairRow, key: SortKey): number {
  if (isMetricKey(key)) {
    const [first, second] = [left, right].map((row) => findMetricValue(row, key.slice('metric '.length)));
    if (typeof first === 'string' || typeof second === 'string')
      return collator.compare(String(first ?? ''), String(second ?? ''));
    return Number(first ?? -Number.MAX_VALUE) - Number(second ?? -Number.MAX_VALUE);
  }
  switch (key) {
    case 'verdict':
      return verdictOrder.indexOf(left.verdict) - verdictOrder.indexOf(right.verdict);
    case 'pair':
    case 'setting':
      return collator.compare(left[key], right[key]);
    case 'merge':
      return collator.compare(left.merge?.status ?? '', right.merge?.status ?? '');
    case 'cause':
      return collator.compare(left.cause?.name ?? '', right.cause?.name ?? '');
    default:
      return (left[key] ?? -1) - (right[key] ?? -1);
  }
}
