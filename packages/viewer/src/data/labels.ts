import { labelText, listLabelledTrial, listLabellings, type Trial } from '@cooperbench/report';
import type { ModelLabels } from './model.ts';

/** Returns the labels of each model that labelled the trial. */
export function listLabelled(trial: Trial): ModelLabels[] {
  return listLabelledTrial(trial).map(({ model, passes, quotes }) => ({
    model,
    labels: labelText({ passes }),
    // Files count messages from 1.
    quotes: quotes.map(({ message, from, text }) => ({ message: message - 1, from, text })),
  }));
}

/** Lists the labels that a person gave, or a model in both its passes. */
export function listLabels(trial: Trial): string[] {
  return [...new Set(listLabellings(trial).flatMap(({ labels }) => labels))].sort();
}
