import type { EvaluationSummary } from '@cooperbench/records';

/** The verdicts of a pair: `c` of `n` repetitions passed. Repetitions whose evaluation failed do not count. */
export interface PairVerdicts {
  readonly n: number;
  readonly c: number;
}

/** Counts verdicts by setting and pair. Leaves out a pair whose evaluations all failed. */
export function pairVerdicts(results: EvaluationSummary['results']): Map<string, Map<string, PairVerdicts>> {
  const verdictsBySetting = new Map<string, Map<string, PairVerdicts>>();
  for (const { run, status } of results) {
    const [, setting = '', pair = ''] = /^([^/]*)\/(.*?)(?:@\d+)?$/.exec(run) ?? [];
    const pairs = verdictsBySetting.get(setting) ?? new Map<string, PairVerdicts>();
    verdictsBySetting.set(setting, pairs);
    if (status === 'error') continue;
    const { n, c } = pairs.get(pair) ?? { n: 0, c: 0 };
    pairs.set(pair, { n: n + 1, c: c + Number(status === 'passed') });
  }
  return verdictsBySetting;
}
