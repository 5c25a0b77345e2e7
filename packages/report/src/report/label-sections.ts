import { count, percent } from '@cooperbench/command/figures';
import type { LabelledTrial } from '../analysis/summary.ts';
import { total } from '../statistics/clusters.ts';
import type { Agreement } from '../statistics/kappa.ts';
import type { ConditionReport } from './condition-report.ts';
import type { Report } from './report.ts';
import { type Section, section, share } from './section.ts';

/** The tables of labels that a model gave to failed trials. */
export function labelSections({ conditions }: Report): Section[] {
  return [labelCounts(conditions), labelledTrials(conditions)].filter(({ table }) => table.rows.length > 0);
}

function labelCounts(conditions: readonly ConditionReport[]): Section {
  const rows = conditions.flatMap(({ label, labels: all }) =>
    all.flatMap(({ model, trials, labels: counts, none, main }) => [
      ...counts.map(({ name, trials: agreed, disputed, agreement }) => [
        ...[label, model, name, String(agreed), share(agreed, trials), String(disputed)],
        ...agreementCells(agreement),
      ]),
      [label, model, 'no label', String(none), share(none, trials), '', '', ''],
      [label, model, 'first label', '', '', '', ...agreementCells(main)],
    ]),
  );
  const reports = conditions.flatMap(({ labels: all }) => all);
  const unsupported = total(reports.map((one) => one.unsupported));
  const head = [
    ...['Condition', 'Model', 'Label', 'Trials', 'Of the analysed', 'One pass only', 'Agreement', 'Kappa'],
  ];
  return section(
    'Failures of coordination, as a model labels them',
    head,
    rows,
    [0, 1, 2],
    [
      `A trial counts when both passes of the model give the label. Agreement and Cohen's kappa compare the passes. A trial may have several labels.`,
      ...(unsupported > 0
        ? [`${count(unsupported, 'label')} without a quote that occurs in the conversation did not count.`]
        : []),
    ],
  );
}

function agreementCells({ agreement, kappa }: Agreement): string[] {
  return [percent(agreement), kappa?.toFixed(2) ?? 'n/a'];
}

function labelledTrials(conditions: readonly ConditionReport[]): Section {
  const rows = conditions.flatMap(({ run, labelled }) =>
    labelled.map((one) => {
      const [first] = one.quotes;
      const quote = first ? `${first.from}: ${short(first.text)}` : '';
      return [run, one.trial, one.model, labelText(one), quote];
    }),
  );
  const head = ['Run', 'Trial', 'Model', 'Labels', 'Quote'];
  return { ...section('Labelled trials', head, rows, [0, 1, 2, 3, 4]), isList: true };
}

/** `commitment, expectation`, or that the passes differ. */
export function labelText({ passes }: Pick<LabelledTrial, 'passes'>): string {
  const [one = '', other = ''] = passes.map((given) => given.join(', ') || 'none');
  return one === other ? one : `${one}; second pass: ${other}`;
}

function short(text: string): string {
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
}
