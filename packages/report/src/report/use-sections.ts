import { formatDuration, formatMoney, formatPercent } from '@cooperbench/command/figures';
import type { ConditionReport } from './condition-report.ts';
import { buildSection, type Section, share } from './section.ts';

export function seats(conditions: readonly ConditionReport[]): Section {
  const rows = conditions.flatMap(({ label, seats }) =>
    seats.map((seat) => [
      ...[label, seat.seat, seat.model, String(seat.trials), formatMoney(seat.cost)],
      ...[seat.input_tokens, seat.output_tokens, seat.steps].map(formatAverage),
      seat.seconds === null ? 'n/a' : formatDuration(seat.seconds),
      formatAverage(seat.patch_lines),
    ]),
  );
  const head = [
    ...['Condition', 'Seat', 'Model', 'Trials', 'Cost', 'Input tokens'],
    ...['Output tokens', 'Steps', 'Time', 'Patch lines'],
  ];
  return buildSection('Use by seat, mean of a trial', head, rows, [0, 1, 2], noteLostTrials(conditions));
}

export function phases(conditions: readonly ConditionReport[]): Section {
  const rows = conditions.flatMap(({ label, phases }) =>
    phases.map(({ phase, trials, phases: phaseCount, cost, cost_share: part, steps, seconds }) => [
      ...[label, phase, String(trials), formatAverage(phaseCount), formatMoney(cost), formatPercent(part)],
      ...[formatAverage(steps), formatDuration(seconds)],
    ]),
  );
  const head = ['Condition', 'Phase', 'Trials', 'Phases', 'Cost', 'Share of cost', 'Steps', 'Time'];
  return buildSection('Use by phase, mean of a trial', head, rows, [0, 1], noteLostTrials(conditions));
}

function noteLostTrials(conditions: readonly ConditionReport[]): string[] {
  return conditions.some((condition) => condition.errors.length > 0) ? ['Lost trials do not count.'] : [];
}

export function communication(conditions: readonly ConditionReport[]): Section {
  const hasFaults = conditions.some(({ communication: { dropped, duplicated } }) => dropped || duplicated);
  const rows = conditions
    .filter(
      ({ communication: { messages, refused, communication_steps } }) =>
        (messages ?? 0) + (refused ?? 0) + communication_steps > 0,
    )
    .map(({ label, communication: talk }) => [
      ...[
        label,
        formatWhole(talk.messages),
        talk.messages === null ? 'n/a' : (talk.messages / talk.trials).toFixed(1),
      ],
      ...[talk.refused, talk.unread, talk.to_finished, talk.questions, talk.unanswered].map(formatWhole),
      ...(hasFaults ? [talk.dropped, talk.duplicated] : []).map(formatWhole),
      share(talk.communication_steps, talk.steps),
      share(talk.communication_tokens, talk.tokens),
    ]);
  const head = [
    ...['Condition', 'Messages', 'A trial', 'Refused', 'Unread', 'To a finished peer'],
    ...['Questions', 'Unanswered', ...(hasFaults ? ['Dropped', 'Doubled'] : [])],
    ...['Share of steps', 'Share of output tokens'],
  ];
  return buildSection('Communication', head, rows, [0]);
}

function formatAverage(value: number | null): string {
  if (value === null) return 'n/a';
  return value >= 100 || Number.isInteger(value) ? Math.round(value).toString() : value.toFixed(1);
}

export function formatWhole(value: number | null): string {
  return value === null ? 'n/a' : String(value);
}
