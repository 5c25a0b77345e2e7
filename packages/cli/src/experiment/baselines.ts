import { isDeepStrictEqual } from 'node:util';
import { coordinationDeficits } from '@cooperbench/command/reporters';
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
  const alone = runs.filter(isBaseline);
  return runs.map((run) => {
    const ofTheirSeats = run.seats.map((seat) =>
      alone.find(
        (other) =>
          other !== run &&
          isDeepStrictEqual(other.seats.map(whoWorks), [whoWorks(seat)]) &&
          isDeepStrictEqual(pickCommon(other.varied), pickCommon(run.varied)),
      ),
    );
    const baselines = [...new Set(ofTheirSeats)].flatMap((other) => (other ? comparison(run, other) : []));
    return { ...run, baselines };
  });
}

function comparison(run: RunResult, other: RunResult): RunResult['baselines'] {
  const [deficit] = coordinationDeficits({
    by_setting: { ...run.summary?.eval?.by_setting, ...other.summary?.eval?.by_setting },
    results: [run, other].flatMap(({ summary }) => summary?.eval?.results ?? []),
  });
  if (!deficit) return [];
  const { setting: _, baseline: __, passedByBaseline, ...compared } = deficit;
  const model = other.seats[0]?.model ?? null;
  return [{ run: other.name, model, ...compared, passed_by_baseline: passedByBaseline }];
}

function isBaseline({ summary }: RunResult): boolean {
  const settings = Object.values(summary?.eval?.by_setting ?? {});
  return settings.length > 0 && settings.every(({ judged }) => judged === 'single');
}

function whoWorks({ seat: _, backend: __, ...who }: RunResult['seats'][number]): object {
  return who;
}

function pickCommon(varied: RunResult['varied']): object {
  return Object.fromEntries(Object.entries(varied).filter(([key]) => !ofSeats.has(key)));
}
