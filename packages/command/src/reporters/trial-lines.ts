import type { SeatStatus } from '@cooperbench/core';
import type { RunEvent } from '@cooperbench/records';
import { count, formatCostText, formatDuration } from '../figures/format.ts';
import type { Paint, Style } from '../terminal/paint.ts';
import { formatSafeError, safeText } from '../terminal/safe-text.ts';
import type { TrialProgress } from './progress.ts';

const endings: Readonly<Record<SeatStatus, readonly [style: Style, words: string]>> = {
  Completed: ['green', '✓ Completed in'],
  LimitsExceeded: ['yellow', '! Limit reached after'],
  Timeout: ['yellow', '! Timed out after'],
  Cancelled: ['yellow', '! Cancelled after'],
  Error: ['red', '✗ Error after'],
};

/** Characters of an error. One that names the plugin, the place and the cause fits. */
const maxError = 600;

/** Shortens a trial's id for people, who know the setting: `<repo>/<task_id> f1_f2`. */
export function formatTrialLabel(id: string): string {
  const [, repo, task, features, ...rest] = id.split('/');
  return safeText(features === undefined || rest.length > 0 ? id : `${repo}/${task} ${features}`);
}

/**
 * Formats a line such as `✓ Completed in 3m 42s ($0.12, 34 steps, 3 messages)`, then seats with an empty patch and errors of
 * seats.
 */
export function formatTrialEnding(
  event: Extract<RunEvent, { type: 'trial_finished' }>,
  trial: TrialProgress | undefined,
  paint: Paint,
): string {
  const [style, words] = endings[event.status];
  const figures = [formatCostText(event.cost, event.cost_known), count(event.steps, 'step')];
  if (trial?.seats.size !== 1) figures.push(count(event.messages, 'message'));
  const errors = formatSeatErrors(trial);
  const empty = isLost(event.status) ? [] : formatMissingPatch(trial);
  const patches = empty.length > 0 ? ` ${paint('yellow', `empty patch: ${empty.join(', ')}`)}` : '';
  return `${paint(style, `${words} ${formatDuration(event.duration_seconds)}`)} (${figures.join(', ')})${patches}${errors && `: ${errors}`}`;
}

/** Returns whether infrastructure or an interruption ended the trial. Its patches then mean nothing. */
function isLost(status: SeatStatus): boolean {
  return status === 'Error' || status === 'Cancelled';
}

function formatMissingPatch(trial: TrialProgress | undefined): string[] {
  return [...(trial?.seats ?? [])].flatMap(([seat, { emptyPatch }]) => (emptyPatch ? [safeText(seat)] : []));
}

/** Formats a line such as `agent1 → agent2: "…"`. */
export function formatMessageLine(
  { from, to, text, accepted }: Extract<RunEvent, { type: 'message' }>,
  paint: Paint,
): string {
  const refusedText = accepted ? '' : paint('yellow', ' (refused)');
  return `${paint('cyan', `${safeText(from, 40)} → ${safeText(to, 40)}`)}${refusedText}: "${safeText(text, 100)}"`;
}

/** Formats a line such as `coop/repo/1/f1_f2 failed (merge conflict)`. */
export function formatVerdictLine(event: Extract<RunEvent, { type: 'verdict' }>, paint: Paint): string {
  const style = event.status === 'passed' ? 'green' : event.status === 'failed' ? 'yellow' : 'red';
  const details = [
    mergeWords(event),
    event.status === 'passed' && !event.overall_success ? 'a patch alone fails its tests' : '',
    event.unrecognised ? 'exit 0 without a test result' : '',
    event.missing_tests && !event.unrecognised ? 'tests of the reference did not run' : '',
    event.framework_patched ? 'the test framework was patched' : '',
  ].filter((detail) => detail !== '');
  const bracket = details.length > 0 ? ` (${details.join(', ')})` : '';
  const error = event.error === null ? '' : `: ${formatSafeError(event.error, maxError)}`;
  return `${safeText(event.trial)} ${paint(style, event.status)}${bracket}${error}`;
}

function mergeWords({ merge, strategy, status }: Extract<RunEvent, { type: 'verdict' }>): string {
  if (merge === null || status === 'error') return '';
  if (merge === 'clean') return 'merge clean';
  if (strategy !== null) return `merge ${safeText(strategy, 40)}`;
  if (merge === 'missing_input') return 'a patch does not apply';
  return merge === 'conflicts' ? 'merge conflict' : `merge ${safeText(merge, 40)}`;
}

/** Formats the errors of seats. Names seats with the same error together. */
function formatSeatErrors(trial: TrialProgress | undefined): string {
  const seats = [...(trial?.seats ?? [])].filter(([, { error }]) => error !== undefined);
  return [...Map.groupBy(seats, ([, { error }]) => error)]
    .map(
      ([error, group]) =>
        `${group.map(([seat]) => safeText(seat)).join(', ')}: ${formatSafeError(error ?? '', maxError)}`,
    )
    .join('; ');
}
