import { type Note, noLabel } from '../notes/note.ts';
import { type Agreement, cohensKappa } from '../statistics/kappa.ts';
import type { Trial } from '../trials/trial.ts';
import type { Quote } from './answer.ts';
import { type Analysis, type Pass, passes } from './file.ts';
import { type Label, labelNames, rubricVersion } from './rubric.ts';

/** The labels that one model gave to the failed trials of a condition. */
export interface LabelReport {
  readonly model: string;
  /** Failed trials with both passes. Shares are of these. */
  readonly trials: number;
  readonly labels: readonly LabelCount[];
  /** Trials that got no label in either pass. */
  readonly none: number;
  /** Whether both passes put the same label first. */
  readonly main: Agreement;
  /** Labels without a quote that occurs in the conversation. They count nowhere. */
  readonly unsupported: number;
}

export interface LabelCount {
  readonly name: Label;
  /** Trials that got it in both passes. */
  readonly trials: number;
  /** Trials that got it in one of them. */
  readonly disputed: number;
  /** Whether a trial got it, in one pass and in the other. */
  readonly agreement: Agreement;
}

/** The labels that a model gave to one trial, in both passes. */
export interface LabelledTrial {
  readonly trial: string;
  readonly model: string;
  /** Labels that count, of each pass. */
  readonly passes: readonly (readonly Label[])[];
  /** The agents' own words: escape them. */
  readonly quotes: readonly Quote[];
}

/** The analyses of a trial that hold: of this rubric, with both passes. */
export function validAnalyses({ analyses = [] }: Pick<Trial, 'analyses'>): Analysis[] {
  return analyses.filter(({ rubric, passes: all }) => rubric === rubricVersion && all.length === passes);
}

/** The labels of a pass that count. */
export function supportedLabels({ labels }: Pass): Label[] {
  return labels.filter((label) => label.supported === true).map(({ name }) => name);
}

/** One for each model that analysed the trial. */
export function labelledTrial(trial: Trial): LabelledTrial[] {
  return validAnalyses(trial).map(({ model, passes: all }) => ({
    trial: trial.id,
    model,
    passes: all.map(supportedLabels),
    quotes: removeDuplicates(all.flatMap(({ labels }) => labels.flatMap(({ quotes }) => quotes))),
  }));
}

/** Both passes often quote the same words. */
function removeDuplicates(quotes: readonly Quote[]): Quote[] {
  const isSameQuote = (one: Quote, other: Quote): boolean =>
    one.message === other.message && one.text === other.text;
  return quotes.filter((quote, index) => quotes.findIndex((other) => isSameQuote(quote, other)) === index);
}

/** The labels of one labeler for one failed trial. */
export interface Labelling {
  /** A person's name, or a model. */
  readonly labeler: string;
  readonly is: 'person' | 'model';
  /** Of a model, those that it gave in both passes. The one that explains the failure best is first. */
  readonly labels: readonly Label[];
}

/** One for each person and model that labelled the trial. Empty: nobody did, or it is no failure of merged patches. */
export function labellings(trial: Pick<Trial, 'analyses' | 'notes' | 'verdict' | 'judged'>): Labelling[] {
  const models = validAnalyses(trial).map(({ model, passes: [one, other] }): Labelling => {
    const again = other ? supportedLabels(other) : [];
    const both = one ? supportedLabels(one).filter((name) => again.includes(name)) : [];
    return { labeler: model, is: 'model', labels: both };
  });
  if (!isLabellable(trial)) return models;
  const last = new Map((trial.notes ?? []).flatMap(({ by, labels }) => (labels ? [[by, labels]] : [])));
  const people = [...last].map(([labeler, labels]): Labelling => ({ labeler, is: 'person', labels }));
  return [...people, ...models];
}

/** Whether labels say something about the trial. */
export function isLabellable({ verdict, judged }: Pick<Trial, 'verdict' | 'judged'>): boolean {
  return verdict === 'failed' && judged === 'merge';
}

/** The labels that one person gave to the failed trials of a condition. */
export interface PersonReport {
  readonly by: string;
  /** Failed trials that this person labelled. */
  readonly trials: number;
  readonly labels: readonly { readonly name: Label; readonly trials: number }[];
  /** Trials that got no label. */
  readonly none: number;
}

/** One for each person who labelled a trial. */
export function personReports(trials: readonly Trial[]): PersonReport[] {
  const all = trials.flatMap((trial) => labellings(trial)).filter((one) => one.is === 'person');
  return [...Map.groupBy(all, ({ labeler }) => labeler)].map(([by, own]) => ({
    by,
    trials: own.length,
    labels: labelNames.map((name) => ({
      name,
      trials: own.filter(({ labels }) => labels.includes(name)).length,
    })),
    none: own.filter(({ labels }) => labels.length === 0).length,
  }));
}

/** A person's note on a trial. */
export interface NotedTrial extends Note {
  readonly trial: string;
}

/** How far two labelers agree on the failed trials that both labelled. One of them is a person. */
export interface LabelerAgreement {
  readonly labelers: readonly [one: string, other: string];
  /** Trials that both labelled. */
  readonly trials: number;
  /** Whether a trial got the label. */
  readonly labels: readonly { readonly name: Label; readonly agreement: Agreement }[];
  /** Whether both put the same label first. */
  readonly first: Agreement;
}

/** One for each person and each other labeler with a trial in common. */
export function labelerAgreements(trials: readonly Trial[]): LabelerAgreement[] {
  const pairs = trials.flatMap((trial) => {
    const all = labellings(trial);
    return all.flatMap((one, index) => all.slice(index + 1).map((other) => sortPair(one, other)));
  });
  const ofPeople = pairs.filter(([one, other]) => one.is === 'person' || other.is === 'person');
  const key = ([one, other]: readonly [Labelling, Labelling]): string =>
    JSON.stringify([one.is, one.labeler, other.is, other.labeler]);
  return [...Map.groupBy(ofPeople, key).values()].flatMap((own) => {
    const agreement = (category: (labels: readonly Label[]) => string): Agreement =>
      cohensKappa(own.map(([one, other]) => [category(one.labels), category(other.labels)]));
    const [pair] = own;
    if (!pair) return [];
    return {
      labelers: [pair[0].labeler, pair[1].labeler] as const,
      trials: own.length,
      labels: labelNames.map((name) => ({
        name,
        agreement: agreement((labels) => String(labels.includes(name))),
      })),
      first: agreement(([first = noLabel]) => first),
    };
  });
}

/** The same order in every trial: people first, then by name. */
function sortPair(one: Labelling, other: Labelling): readonly [Labelling, Labelling] {
  const key = ({ is, labeler }: Labelling): string => `${is === 'person' ? 0 : 1} ${labeler}`;
  return key(one) <= key(other) ? [one, other] : [other, one];
}

/** One for each model that analysed a trial. */
export function labelReports(trials: readonly Trial[]): LabelReport[] {
  const all = trials.flatMap((trial) => validAnalyses(trial));
  return [...Map.groupBy(all, ({ model }) => model)].map(([model, own]) => labelReport(model, own));
}

function labelReport(model: string, analyses: readonly Analysis[]): LabelReport {
  const rated = analyses.map(({ passes: all }) => all.map(supportedLabels));
  const countAgreed = (name: Label): number =>
    rated.filter((ratings) => ratings.every((labels) => labels.includes(name))).length;
  const countGiven = (name: Label): number =>
    rated.filter((ratings) => ratings.some((labels) => labels.includes(name))).length;
  const agreement = (category: (labels: readonly Label[]) => string): Agreement =>
    cohensKappa(rated.map(([one = [], other = []]) => [category(one), category(other)]));
  return {
    model,
    trials: analyses.length,
    labels: labelNames.map((name) => ({
      name,
      trials: countAgreed(name),
      disputed: countGiven(name) - countAgreed(name),
      agreement: agreement((labels) => String(labels.includes(name))),
    })),
    none: rated.filter((ratings) => ratings.every((labels) => labels.length === 0)).length,
    main: agreement(([first = 'none']) => first),
    unsupported: analyses
      .flatMap(({ passes: all }) => all.flatMap(({ labels }) => labels))
      .filter((label) => label.supported !== true).length,
  };
}
