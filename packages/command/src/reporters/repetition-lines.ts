import type { EvaluationSummary } from '@cooperbench/records';
import { count, formatPercent } from '../figures/format.ts';
import { listRepetitionRates } from '../figures/repetitions.ts';
import { safeText } from '../terminal/safe-text.ts';
import { pairVerdicts } from './pair-verdicts.ts';

/**
 * Formats a line such as `coop: pass@3 75.0%, pass^3 25.0% (of 4 pairs with 3 verdicts)` for each setting with repeated pairs.
 */
export function formatRepetitionLines(results: EvaluationSummary['results']): string[] {
  return [...pairVerdicts(results)].flatMap(([setting, pairs]) => {
    const bestRate = listRepetitionRates([...pairs.values()]).at(-1);
    if (bestRate === undefined) return [];
    const { k, pass_at_k, pass_hat_k } = bestRate;
    const rates = `pass@${k} ${formatPercent(pass_at_k)}, pass^${k} ${formatPercent(pass_hat_k)}`;
    return [`${safeText(setting)}: ${rates} (of ${count(bestRate.pairs, 'pair')} with ${k} verdicts)`];
  });
}
