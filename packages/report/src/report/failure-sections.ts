import { count } from '@cooperbench/command/figures';
import { causes, formatCauseText } from '../trials/cause.ts';
import type { ConditionReport } from './condition-report.ts';
import type { Report } from './report.ts';
import { buildSection, type Section, share } from './section.ts';

export function conflicts(conditions: readonly ConditionReport[]): Section {
  const rows = conditions.flatMap(({ label, conflicts }) =>
    conflicts.map(({ task, path, trials }) => [label, task, path, String(trials)]),
  );
  return buildSection('Conflicts by file', ['Condition', 'Task', 'File', 'Trials'], rows, [0, 1, 2]);
}

export function buildCauseCountsSection(conditions: readonly ConditionReport[]): Section {
  const rows = conditions.flatMap(({ label, causes: counts, failed }) =>
    Object.entries(causes).flatMap(([name, words]) => {
      const trials = counts[name as keyof typeof causes] ?? 0;
      return trials === 0 ? [] : [[label, words, String(trials), share(trials, failed)]];
    }),
  );
  return buildSection('Why trials failed', ['Condition', 'Cause', 'Trials', 'Of the failed'], rows, [0, 1]);
}

export function buildFailuresSection(conditions: readonly ConditionReport[]): Section {
  const rows = conditions.flatMap(({ run, failures }) =>
    failures.map(({ trial, ...cause }) => [run, trial, causes[cause.name], formatCauseText(cause)]),
  );
  const head = ['Run', 'Trial', 'Cause', 'Evidence'];
  return { ...buildSection('Failed trials', head, rows, [0, 1, 2, 3]), isList: true };
}

export function errors(conditions: readonly ConditionReport[]): Section {
  const rows = conditions.flatMap(({ run, errors }) =>
    errors.map(({ trial, reason }) => [run, trial, reason]),
  );
  const pronoun = rows.length === 1 ? 'it' : `these ${count(rows.length, 'trial')}`;
  return {
    ...buildSection(
      'Infrastructure errors',
      ['Run', 'Trial', 'Reason'],
      rows,
      [0, 1, 2],
      [`No rate counts ${pronoun}.`],
    ),
    isList: true,
  };
}

export function buildUnreadableSection({ runs }: Report): Section {
  return {
    ...buildSection(
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
