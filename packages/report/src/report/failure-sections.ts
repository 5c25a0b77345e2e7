import { count } from '@cooperbench/command/figures';
import { causes, causeText } from '../trials/cause.ts';
import type { ConditionReport } from './condition-report.ts';
import type { Report } from './report.ts';
import { type Section, section, share } from './section.ts';

export function conflicts(conditions: readonly ConditionReport[]): Section {
  const rows = conditions.flatMap(({ label, conflicts }) =>
    conflicts.map(({ task, path, trials }) => [label, task, path, String(trials)]),
  );
  return section('Conflicts by file', ['Condition', 'Task', 'File', 'Trials'], rows, [0, 1, 2]);
}

export function causeCounts(conditions: readonly ConditionReport[]): Section {
  const rows = conditions.flatMap(({ label, causes: counts, failed }) =>
    Object.entries(causes).flatMap(([name, words]) => {
      const trials = counts[name as keyof typeof causes] ?? 0;
      return trials === 0 ? [] : [[label, words, String(trials), share(trials, failed)]];
    }),
  );
  return section('Why trials failed', ['Condition', 'Cause', 'Trials', 'Of the failed'], rows, [0, 1]);
}

export function failures(conditions: readonly ConditionReport[]): Section {
  const rows = conditions.flatMap(({ run, failures }) =>
    failures.map(({ trial, ...cause }) => [run, trial, causes[cause.name], causeText(cause)]),
  );
  const head = ['Run', 'Trial', 'Cause', 'Evidence'];
  return { ...section('Failed trials', head, rows, [0, 1, 2, 3]), isList: true };
}

export function errors(conditions: readonly ConditionReport[]): Section {
  const rows = conditions.flatMap(({ run, errors }) =>
    errors.map(({ trial, reason }) => [run, trial, reason]),
  );
  const pronoun = rows.length === 1 ? 'it' : `these ${count(rows.length, 'trial')}`;
  return {
    ...section(
      'Infrastructure errors',
      ['Run', 'Trial', 'Reason'],
      rows,
      [0, 1, 2],
      [`No rate counts ${pronoun}.`],
    ),
    isList: true,
  };
}

export function unreadableSection({ runs }: Report): Section {
  return {
    ...section(
      'Files that cannot be read',
      ['Run', 'File'],
      runs.flatMap(({ name, problems }) => problems.map((problem) => [name, problem])),
      [0, 1],
      [
        'The figures do not include these files. A trial without a usable eval.json counts as not evaluated: repeat `cooperbench eval`.',
      ],
    ),
    isList: true,
  };
}
