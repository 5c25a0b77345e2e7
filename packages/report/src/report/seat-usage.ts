import { sumValues } from '../statistics/clusters.ts';
import type { Seat, Trial } from '../trials/trial.ts';

/** A seat's mean use in a trial. A figure is null if the files do not say, and `cost` also if the price of a call is not known. */
export interface SeatUsage {
  readonly seat: string;
  readonly agent: string;
  readonly model: string;
  readonly trials: number;
  readonly cost: number | null;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly steps: number | null;
  readonly seconds: number | null;
  readonly patch_lines: number | null;
}

const figures = ['input_tokens', 'output_tokens', 'steps', 'seconds', 'patch_lines'] as const;

/** Computes the usage by seat and model. */
export function computeSeatUsage(trials: readonly Trial[]): SeatUsage[] {
  const seats = trials.flatMap(({ seats }) => seats);
  return [
    ...Map.groupBy(seats, ({ seat, agent, model }) => JSON.stringify([seat, agent, model])).values(),
  ].map((seatEntries) => {
    const { seat, agent, model } = seatEntries[0] as Seat;
    const means = figures.map(
      (figure) => [figure, findMean(seatEntries.flatMap((entry) => entry[figure] ?? []))] as const,
    );
    const hasUnknownCost = seatEntries.some(({ cost }) => cost === null);
    return {
      ...{ seat, agent, model, trials: seatEntries.length },
      cost: hasUnknownCost ? null : findMean(seatEntries.map(({ cost }) => cost ?? 0)),
      ...(Object.fromEntries(means) as Record<(typeof figures)[number], number | null>),
    };
  });
}

function findMean(values: readonly number[]): number | null {
  return values.length === 0 ? null : sumValues(values) / values.length;
}
