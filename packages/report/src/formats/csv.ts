import { listDistinctMetrics } from '@cooperbench/command/figures';
import { type Labelling, listLabellings } from '../analysis/summary.ts';
import { noLabel } from '../notes/note.ts';
import { listLabelledConditions } from '../report/report.ts';
import { sumValues } from '../statistics/clusters.ts';
import type { Run } from '../trials/read-run.ts';
import { findCost, type Seat, type Trial } from '../trials/trial.ts';
import { formatOneLine } from './safe.ts';

type Cell = string | number | boolean | null;

/**
 * Returns a row for each trial, with a head, as RFC 4180 has it: for tools that compute their own statistics. A value that is
 * null leaves its cell empty. The last columns are the metrics of channels and evaluators, and factors that vary between the
 * runs.
 */
export function csv(runs: readonly Run[]): string {
  const conditions = listLabelledConditions(runs);
  const names = Object.keys(conditions[0]?.factors ?? {}).filter((name) => !(name in columns));
  const metrics = listDistinctMetrics(runs.flatMap(({ trials }) => trials))
    .map(({ name }) => name)
    .filter((name) => !(name in columns));
  const factors = new Map(
    conditions.map(({ run, setting, factors: conditionFactors }) => [`${run} ${setting}`, conditionFactors]),
  );
  const rows = runs.flatMap(({ trials }) =>
    trials.map((trial) => {
      const conditionFactors = factors.get(`${trial.run} ${trial.setting}`) ?? {};
      return [
        ...Object.values(columns).map((cell) => cell(trial)),
        ...metrics.map((name) => trial.metrics.find((metric) => metric.name === name)?.value ?? null),
        ...names.map((name) => conditionFactors[name] ?? null),
      ];
    }),
  );
  return [[...Object.keys(columns), ...metrics, ...names], ...rows]
    .map((cells) => `${cells.map(quoteCell).join(',')}\r\n`)
    .join('');
}

/** By labeler, the labels: of a model, those that both passes gave. */
function findLabels(trial: Trial, labelerKind: Labelling['is']): string | null {
  const names = listLabellings(trial)
    .filter(({ is }) => is === labelerKind)
    .map(({ labeler, labels }) => `${labeler}: ${labels.join(' ') || noLabel}`);
  return names.join('; ') || null;
}

const columns: Readonly<Record<string, (trial: Trial) => Cell>> = {
  run: ({ run }) => run,
  setting: ({ setting }) => setting,
  repo: ({ repo }) => repo,
  task: ({ task }) => task,
  pair: ({ pair }) => pair,
  repetition: ({ repetition }) => repetition,
  agent: ({ agent }) => agent,
  model: ({ model }) => model,
  verdict: ({ verdict }) => verdict,
  overall: ({ overall }) => overall,
  seats_alone: ({ individual }) => Object.keys(individual).length,
  seats_alone_passed: ({ individual }) => Object.values(individual).filter((passed) => passed).length,
  merge_status: ({ merge }) => merge?.status ?? null,
  merge_strategy: ({ merge }) => merge?.strategy ?? null,
  merge_policy: ({ merge_policy }) => merge_policy,
  network: ({ network }) => network ?? null,
  eval_network: ({ eval_network }) => eval_network ?? null,
  cause: ({ cause }) => cause?.name ?? null,
  labels: (trial) => findLabels(trial, 'model'),
  labels_of_people: (trial) => findLabels(trial, 'person'),
  notes: ({ notes = [] }) =>
    notes
      .map(({ by, text }) => text && `${by}: ${text}`)
      .filter(Boolean)
      .join('; ') || null,
  cost: findCost,
  input_tokens: ({ seats }) => sum(seats, 'input_tokens'),
  output_tokens: ({ seats }) => sum(seats, 'output_tokens'),
  steps: ({ seats }) => sum(seats, 'steps'),
  seconds: ({ seconds }) => seconds,
  patch_lines: ({ seats }) => sum(seats, 'patch_lines'),
  messages: ({ talk }) => talk.messages,
  messages_refused: ({ talk }) => talk.refused,
  messages_unread: ({ talk }) => talk.unread,
  messages_dropped: ({ talk }) => talk.dropped,
  messages_duplicated: ({ talk }) => talk.duplicated,
  messages_to_finished: ({ talk }) => talk.to_finished,
  questions: ({ talk }) => talk.questions,
  questions_unanswered: ({ talk }) => talk.unanswered,
  communication_steps: ({ talk }) => talk.communication_steps,
  communication_tokens: ({ talk }) => talk.communication_tokens,
};

function sum(
  seats: readonly Seat[],
  figure: 'input_tokens' | 'output_tokens' | 'steps' | 'patch_lines',
): number | null {
  const values = seats.map((seat) => seat[figure]);
  return values.length === 0 || values.includes(null) ? null : sumValues(values.map((value) => value ?? 0));
}

/** A text that a spreadsheet would take for a formula begins with an apostrophe. */
function quoteCell(cell: Cell): string {
  if (typeof cell !== 'string') return cell === null ? '' : String(cell);
  const text = formatOneLine(cell).replace(/^[=+\-@]/, "'$&");
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
