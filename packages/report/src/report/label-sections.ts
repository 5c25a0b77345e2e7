import { count, formatPercent } from '@cooperbench/command/figures';
import type { LabelledTrial, LabelReport, PersonReport } from '../analysis/summary.ts';
import { type Note, noLabel } from '../notes/note.ts';
import { sumValues } from '../statistics/clusters.ts';
import type { Agreement } from '../statistics/kappa.ts';
import type { ConditionReport } from './condition-report.ts';
import type { Report } from './report.ts';
import { buildSection, type Section, share } from './section.ts';

/** Returns the tables of labels that models and people gave to failed trials, of their agreement, and of notes. */
export function labelSections({ conditions, labelers }: Pick<Report, 'conditions' | 'labelers'>): Section[] {
  return [
    labelCounts(conditions),
    buildAgreementsSection(labelers),
    buildLabelledTrialsSection(conditions),
    buildNotesSection(conditions),
  ].filter(({ table }) => table.rows.length > 0);
}

function labelCounts(conditions: readonly ConditionReport[]): Section {
  const rows = conditions.flatMap(({ label, labels: models, people }) => [
    ...models.flatMap((model) => buildModelRows(model).map((cells) => [label, ...cells])),
    ...people.flatMap((personReport) => buildPersonRows(personReport).map((cells) => [label, ...cells])),
  ]);
  const reports = conditions.flatMap(({ labels }) => labels);
  const unsupported = sumValues(reports.map((report) => report.unsupported));
  const head = [
    ...['Condition', 'Labeler', 'Label', 'Trials', 'Of the labelled', 'One pass only', 'Agreement', 'Kappa'],
  ];
  return buildSection(
    'Failures of coordination, as models and people label them',
    head,
    rows,
    [0, 1, 2],
    [
      `A trial may have several labels.${
        reports.length > 0
          ? " Of a model, a trial counts when both passes give the label. Agreement and Cohen's kappa compare its passes."
          : ''
      }`,
      ...(unsupported > 0
        ? [`${count(unsupported, 'label')} without a quote that occurs in the conversation did not count.`]
        : []),
    ],
  );
}

function buildModelRows({ model, trials, labels, none, main }: LabelReport): string[][] {
  return [
    ...labels.map(({ name, trials: agreed, disputed, agreement }) => [
      ...[model, name, String(agreed), share(agreed, trials), String(disputed)],
      ...buildAgreementCells(agreement),
    ]),
    [model, 'no label', String(none), share(none, trials), '', '', ''],
    [model, 'first label', '', '', '', ...buildAgreementCells(main)],
  ];
}

function buildPersonRows({ by, trials, labels, none }: PersonReport): string[][] {
  return [...labels, { name: 'no label', trials: none }].map((label) => [
    ...[by, label.name, String(label.trials), share(label.trials, trials), '', '', ''],
  ]);
}

function buildAgreementCells({ agreement, kappa }: Agreement): string[] {
  return [formatPercent(agreement), kappa?.toFixed(2) ?? 'not estimable'];
}

function buildAgreementsSection(labelers: Report['labelers']): Section {
  const rows = labelers.flatMap(({ labelers: [left, right], labels, first }) =>
    [...labels, { name: 'first label', agreement: first }].map(({ name, agreement }) => [
      ...[left, right, name, String(agreement.items), ...buildAgreementCells(agreement)],
    ]),
  );
  return buildSection(
    'Agreement of labelers',
    ['Labeler', 'Other labeler', 'Label', 'Trials of both', 'Agreement', 'Kappa'],
    rows,
    [0, 1, 2],
    [
      "Cohen's kappa (1960), over the failed trials of all conditions that both labelled. It is not estimable when both always say the same one thing.",
    ],
  );
}

function buildLabelledTrialsSection(conditions: readonly ConditionReport[]): Section {
  const rows = conditions.flatMap(({ run, labelled }) =>
    labelled.map((labelledTrial) => {
      const [first] = labelledTrial.quotes;
      const quote = first ? `${first.from}: ${shorten(first.text)}` : '';
      return [run, labelledTrial.trial, labelledTrial.model, labelText(labelledTrial), quote];
    }),
  );
  const head = ['Run', 'Trial', 'Model', 'Labels', 'Quote'];
  return { ...buildSection('Labelled trials', head, rows, [0, 1, 2, 3, 4]), isList: true };
}

function buildNotesSection(conditions: readonly ConditionReport[]): Section {
  const rows = conditions.flatMap(({ run, notes: runNotes }) =>
    runNotes.map((note) => [run, note.trial, note.by, noteLabels(note), shorten(note.text)]),
  );
  return {
    ...buildSection('Notes', ['Run', 'Trial', 'By', 'Labels', 'Note'], rows, [0, 1, 2, 3, 4]),
    isList: true,
  };
}

/** `commitment, expectation`, or that the passes differ. */
export function labelText({ passes }: Pick<LabelledTrial, 'passes'>): string {
  const [left = '', right = ''] = passes.map((labels) => labels.join(', ') || noLabel);
  return left === right ? left : `${left}; second pass: ${right}`;
}

/** `commitment, expectation`, `none`, or empty when the note does not label. */
export function noteLabels({ labels }: Pick<Note, 'labels'>): string {
  return labels ? labels.join(', ') || noLabel : '';
}

function shorten(text: string): string {
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
}
