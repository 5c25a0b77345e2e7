import { count, formatPercent } from '@cooperbench/command/figures';
import type { Bootstrap } from '../statistics/bootstrap.ts';
import type { Interval } from '../statistics/clusters.ts';
import type { ClusterKey } from './condition.ts';

/** A part of a report, in plain texts that may come from anywhere: every format escapes them. */
export interface Section {
  readonly title: string;
  readonly table: Table;
  /** Sentences below the table. */
  readonly notes: readonly string[];
  /** Each row is a pair or a trial. A large run has hundreds, of which a terminal shows the first. */
  readonly isList?: true;
}

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** The columns of numbers. The first is 0. */
  readonly right: readonly number[];
}

export function buildSection(
  title: string,
  head: readonly string[],
  rows: Table['rows'],
  /** Columns of text; all others are numbers. */
  texts: readonly number[],
  notes: readonly string[] = [],
): Section {
  const right = head.map((_, index) => index).filter((index) => !texts.includes(index));
  return { title, table: { head, rows, right }, notes };
}

/** Returns an estimate, its interval and its bootstrap interval. */
export function estimateCells(
  value: number | null,
  interval: Interval | null,
  bootstrap: Bootstrap | null,
): string[] {
  return [formatPercent(value), formatRange(interval), formatRange(bootstrap?.interval ?? null)];
}

/** `13.5% to 58.8%`. */
export function formatRange(interval: Interval | null): string {
  return interval === null
    ? 'not estimable'
    : `${formatPercent(interval[0])} to ${formatPercent(interval[1])}`;
}

/** Formats a difference of two rates, in points: `+13.5 points`. */
export function formatPoints(difference: number | null): string {
  return difference === null ? 'n/a' : `${formatSigned(difference)} points`;
}

/** `-3.0 to +58.8 points`. */
export function formatPointRange(interval: Interval | null): string {
  return interval === null
    ? 'not estimable'
    : `${formatSigned(interval[0])} to ${formatSigned(interval[1])} points`;
}

function formatSigned(fraction: number): string {
  const text = (fraction * 100).toFixed(1);
  return fraction > 0 && text !== '0.0' ? `+${text}` : text.replace(/^-(?=0\.0$)/, '');
}

export function share(part: number, total: number): string {
  return formatPercent(total === 0 ? null : part / total);
}

/** Below so many clusters, simulations found intervals and tests unreliable. */
const fewest = 8;

/** Formats a warning when some figure rests on few tasks, or on few of another kind of cluster. */
export function formatFewTasks(tasks: readonly number[], cluster: ClusterKey = 'task'): string[] {
  // Without any, there is no figure.
  const fewestTasks = Math.min(...tasks.filter((number) => number > 0));
  if (fewestTasks >= fewest) return [];
  const note = `Some of this rests on ${count(fewestTasks, 'task')}. With fewer than ${fewest}, intervals and p values are rough.`;
  return [cluster === 'repo' ? formatRepositoriesFor(note) : note];
}

/** Formats a text with repositories in the place of tasks. */
export function formatRepositoriesFor(text: string): string {
  return text.replaceAll(/\btasks\b/g, 'repositories').replaceAll(/\btask\b/g, 'repository');
}
