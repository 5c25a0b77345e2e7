import { isDeepStrictEqual } from 'node:util';
import { listCoordinationDeficits } from '@cooperbench/command/reporters';
import type { RunResult } from './experiment-result.ts';

/** Settings that a baseline may have differently: it has no channels, and its agent is compared seat by seat. */
const ofSeats = new Set(
  'setting settingOptions messaging git channels channelOptions channelFaults seats agent model baseUrl agentConfig'.split(
    ' ',
  ),
);

/**
 * Compares each run with its baselines: the runs of the experiment in which one agent does all the work and that are
 * otherwise the same. A run has one baseline for each different agent of its seats.
 */
export function withBaselines(runs: readonly RunResult[]): RunResult[] {
  const baselineRuns = runs.filter(isBaseline);
  return runs.map((run) => {
    const ofTheirSeats = run.seats.map((seat) =>
      baselineRuns.find(
        (otherRun) =>
          otherRun !== run &&
          isDeepStrictEqual(otherRun.seats.map(whoWorks), [whoWorks(seat)]) &&
          isDeepStrictEqual(pickCommon(otherRun.varied), pickCommon(run.varied)),
      ),
    );
    const baselines = [...new Set(ofTheirSeats)].flatMap((otherRun) =>
      otherRun ? findComparison(run, otherRun) : [],
    );
    return { ...run, baselines };
  });
}

function findComparison(run: RunResult, otherRun: RunResult): RunResult['baselines'] {
  const [deficit] = listCoordinationDeficits({
    by_setting: { ...run.summary?.eval?.by_setting, ...otherRun.summary?.eval?.by_setting },
    results: [run, otherRun].flatMap(({ summary }) => summary?.eval?.results ?? []),
  });
  if (!deficit) return [];
  const { setting: _, baseline: __, passedByBaseline, ...compared } = deficit;
  const model = otherRun.seats[0]?.model ?? null;
  return [{ run: otherRun.name, model, ...compared, passed_by_baseline: passedByBaseline }];
}

function isBaseline({ summary }: RunResult): boolean {
  const settings = Object.values(summary?.eval?.by_setting ?? {});
  return settings.length > 0 && settings.every(({ judged }) => judged === 'single');
}

function whoWorks({ seat: _, backend: __, ...who }: RunResult['seats'][number]): object {
  return who;
}

function pickCommon(factors: RunResult['varied']): object {
  return Object.fromEntries(Object.entries(factors).filter(([key]) => !ofSeats.has(key)));
}
