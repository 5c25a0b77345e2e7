import { type Note, noLabel } from '../notes/note.ts';
import { type Agreement, computeCohensKappa } from '../statistics/kappa.ts';
import type { Trial } from '../trials/trial.ts';
import type { Quote } from './answer.ts';
import { type Analysis, type Pass, passes as passesPerTrial } from './file.ts';
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

/** Lists the analyses of a trial that hold: of this rubric, with both passes. */
export function listValidAnalyses({ analyses = [] }: Pick<Trial, 'analyses'>): Analysis[] {
  return analyses.filter(
    ({ rubric, passes }) => rubric === rubricVersion && passes.length === passesPerTrial,
  );
}

/** Lists the labels of a pass that count. */
export function listSupportedLabels({ labels }: Pass): Label[] {
  return labels.filter((label) => label.supported === true).map(({ name }) => name);
}

/** Lists one for each model that analysed the trial. */
export function listLabelledTrial(trial: Trial): LabelledTrial[] {
  return listValidAnalyses(trial).map(({ model, passes }) => ({
    trial: trial.id,
    model,
    passes: passes.map(listSupportedLabels),
    quotes: removeDuplicates(passes.flatMap(({ labels }) => labels.flatMap(({ quotes }) => quotes))),
  }));
}

/** Both passes often quote the same words. */
function removeDuplicates(quotes: readonly Quote[]): Quote[] {
  const isSameQuote = (left: Quote, right: Quote): boolean =>
    left.message === right.message && left.text === right.text;
  return quotes.filter(
    (quote, index) => quotes.findIndex((otherQuote) => isSameQuote(quote, otherQuote)) === index,
  );
}

/** The labels of one labeler for one failed trial. */
export interface Labelling {
  /** A person's name, or a model. */
  readonly labeler: string;
  readonly is: 'person' | 'model';
  /** Of a model, those that it gave in both passes. The one that explains the failure best is first. */
  readonly labels: readonly Label[];
}

/**
 * Lists one for each person and model that labelled the trial. Returns an empty value if nobody did, or it is no failure of
 * merged patches.
 */
export function listLabellings(trial: Pick<Trial, 'analyses' | 'notes' | 'verdict' | 'judged'>): Labelling[] {
  const models = listValidAnalyses(trial).map(({ model, passes: [left, right] }): Labelling => {
    const secondLabels = right ? listSupportedLabels(right) : [];
    const agreedLabels = left ? listSupportedLabels(left).filter((name) => secondLabels.includes(name)) : [];
    return { labeler: model, is: 'model', labels: agreedLabels };
  });
  if (!isLabellable(trial)) return models;
  const last = new Map((trial.notes ?? []).flatMap(({ by, labels }) => (labels ? [[by, labels]] : [])));
  const people = [...last].map(([labeler, labels]): Labelling => ({ labeler, is: 'person', labels }));
  return [...people, ...models];
}

/** Returns whether labels say something about the trial. */
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

/** Lists one for each person who labelled a trial. */
export function listPersonReports(trials: readonly Trial[]): PersonReport[] {
  const allLabellings = trials
    .flatMap((trial) => listLabellings(trial))
    .filter((labelling) => labelling.is === 'person');
  return [...Map.groupBy(allLabellings, ({ labeler }) => labeler)].map(([labeler, labellerLabellings]) => ({
    by: labeler,
    trials: labellerLabellings.length,
    labels: labelNames.map((name) => ({
      name,
      trials: labellerLabellings.filter(({ labels }) => labels.includes(name)).length,
    })),
    none: labellerLabellings.filter(({ labels }) => labels.length === 0).length,
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

/** Lists one for each person and each other labeler with a trial in common. */
export function listLabelerAgreements(trials: readonly Trial[]): LabelerAgreement[] {
  const pairs = trials.flatMap((trial) => {
    const allLabellings = listLabellings(trial);
    return allLabellings.flatMap((left, index) =>
      allLabellings.slice(index + 1).map((right) => sortPair(left, right)),
    );
  });
  const ofPeople = pairs.filter(([left, right]) => left.is === 'person' || right.is === 'person');
  const getKey = ([left, right]: readonly [Labelling, Labelling]): string =>
    JSON.stringify([left.is, left.labeler, right.is, right.labeler]);
  return [...Map.groupBy(ofPeople, getKey).values()].flatMap((pairLabellings) => {
    const buildAgreement = (category: (labels: readonly Label[]) => string): Agreement =>
      computeCohensKappa(
        pairLabellings.map(([left, right]) => [category(left.labels), category(right.labels)]),
      );
    const [pair] = pairLabellings;
    if (!pair) return [];
    return {
      labelers: [pair[0].labeler, pair[1].labeler] as const,
      trials: pairLabellings.length,
      labels: labelNames.map((name) => ({
        name,
        agreement: buildAgreement((labels) => String(labels.includes(name))),
      })),
      first: buildAgreement(([first = noLabel]) => first),
    };
  });
}

/** The same order in every trial: people first, then by name. */
function sortPair(left: Labelling, right: Labelling): readonly [Labelling, Labelling] {
  const getKey = ({ is, labeler }: Labelling): string => `${is === 'person' ? 0 : 1} ${labeler}`;
  return getKey(left) <= getKey(right) ? [left, right] : [right, left];
}

/** Returns one for each model that analysed a trial. */
export function labelReports(trials: readonly Trial[]): LabelReport[] {
  const analyses = trials.flatMap((trial) => listValidAnalyses(trial));
  return [...Map.groupBy(analyses, ({ model }) => model)].map(([model, modelAnalyses]) =>
    labelReport(model, modelAnalyses),
  );
}

function labelReport(model: string, analyses: readonly Analysis[]): LabelReport {
  const rated = analyses.map(({ passes }) => passes.map(listSupportedLabels));
  const countAgreed = (name: Label): number =>
    rated.filter((ratings) => ratings.every((labels) => labels.includes(name))).length;
  const countGiven = (name: Label): number =>
    rated.filter((ratings) => ratings.some((labels) => labels.includes(name))).length;
  const buildAgreement = (category: (labels: readonly Label[]) => string): Agreement =>
    computeCohensKappa(rated.map(([left = [], right = []]) => [category(left), category(right)]));
  return {
    model,
    trials: analyses.length,
    labels: labelNames.map((name) => ({
      name,
      trials: countAgreed(name),
      disputed: countGiven(name) - countAgreed(name),
      agreement: buildAgreement((labels) => String(labels.includes(name))),
    })),
    none: rated.filter((ratings) => ratings.every((labels) => labels.length === 0)).length,
    main: buildAgreement(([first = 'none']) => first),
    unsupported: analyses
      .flatMap(({ passes }) => passes.flatMap(({ labels }) => labels))
      .filter((label) => label.supported !== true).length,
  };
}
