import type { RunEvent } from '@cooperbench/records';
import { count } from '../figures/format.ts';
import type { Paint } from '../terminal/paint.ts';
import { safeText } from '../terminal/safe-text.ts';

type Event<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

export function formatValidationLine({ features, current, backend }: Event<'validation_started'>): string {
  const already = current > 0 ? ` (${count(current, 'other')} already validated)` : '';
  return `Validating ${count(features, 'feature')}${already}, backend ${safeText(backend)}`;
}

/** Formats a line such as `recur_task/8 feature 1: 23 tests, by name`. */
export function formatValidatedLine(event: Event<'validated'>, paint: Paint): string {
  const { task, feature, state, count: tests, by_name, unstable, of_patch, pass_without, error } = event;
  const subject = `${safeText(task)} feature ${feature}`;
  if (state !== 'written') return `${subject} ${paint('red', state)}: ${safeText(error ?? '', 200)}`;
  const comparison = by_name ? 'by name' : 'only counted: the runner does not print their names';
  return `${subject}: ${count(tests ?? 0, 'test')}, ${comparison}${formatNamedTests('ran in one of two runs, and left out', unstable)}${formatNamedTests('defined by the golden patch, and left out', of_patch)}${formatNamedTests('passing without the feature', pass_without)}`;
}

function formatNamedTests(reason: string, [first, ...otherNames]: readonly string[]): string {
  if (first === undefined) return '';
  const moreText = otherNames.length > 0 ? ` and ${otherNames.length} more` : '';
  return `; ${reason}: ${safeText(first, 100)}${moreText}`;
}

export function formatReferencesLine(
  { written, current, failed, errors }: Event<'validation_finished'>,
  time: string,
  paint: Paint,
): string {
  const lossParts = [failed > 0 ? `${failed} failed` : '', errors > 0 ? count(errors, 'error') : '']
    .filter((part) => part !== '')
    .map((part) => `, ${paint('red', part)}`);
  return `References: ${written} written, ${current} already there${lossParts.join('')}, in ${time}`;
}
