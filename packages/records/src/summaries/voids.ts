import type { LostSeat } from '../formats/ledger.ts';
import { buildSeats, type ResultFile } from '../formats/result-file.ts';

/** How often a trial was lost. */
export interface TrialVoids {
  /** Attempts that lost a seat, with the present one. */
  readonly attempts: number;
  /** Those of them that lost a seat although nothing says that its agent cannot be the cause. */
  readonly unexplained: number;
  /** By seat, the attempts that lost it. */
  readonly seats: Readonly<Record<string, number>>;
  /** The trial's present result is lost, so it has no verdict. */
  readonly isLost: boolean;
}

/** Counts the lost attempts of a trial. `losses`: those of the ledger, which has none of runs of earlier versions. */
export function buildTrialVoids(
  losses: readonly LostSeat[] = [],
  result: Partial<Pick<ResultFile, 'agents' | 'agent' | 'run_id'>> = {},
): TrialVoids {
  const errorSeats = Object.entries(buildSeats(result)).filter(([, { status }]) => status === 'Error');
  const isNoted = losses.some(({ runId }) => runId === result.run_id);
  const allLosses = [
    ...losses.map(({ seat, runId, explained }) => ({ seat, runId, explained: explained !== undefined })),
    ...(isNoted ? [] : errorSeats).map(([seat]) => ({ seat, runId: result.run_id, explained: false })),
  ];
  const countAttempts = (seatLosses: typeof allLosses): number =>
    new Set(seatLosses.map(({ runId }) => runId)).size;
  return {
    attempts: countAttempts(allLosses),
    unexplained: countAttempts(allLosses.filter(({ explained }) => !explained)),
    seats: Object.fromEntries(
      [...Map.groupBy(allLosses, ({ seat }) => seat)].map(([seat, seatLosses]) => [
        seat,
        countAttempts(seatLosses),
      ]),
    ),
    isLost: errorSeats.length > 0,
  };
}
