import type { PairRow } from '../../data/model.ts';
import type { State } from '../route.ts';

interface KeptOrder {
  readonly run: string;
  readonly ids: readonly string[];
  readonly state: State;
}

let keptOrder: KeptOrder = { run: '', ids: [], state: {} };

/** Keeps the order of the table that the user saw last, for the keys j and k, and its filters, for the way back. */
export function keepOrder(run: string, rows: readonly PairRow[], state: State): void {
  keptOrder = { run, ids: rows.map(({ id }) => id), state };
}

/** Finds the trial `by` places after this one in that table. */
export function findNeighbour(run: string, trial: string, distance: number): string | undefined {
  const index = keptOrder.run === run ? keptOrder.ids.indexOf(trial) : -1;
  return index < 0 ? undefined : keptOrder.ids[index + distance];
}

/** Builds the filters and the sorting of that table, if it was this run's. */
export function buildTableState(run: string): State {
  return keptOrder.run === run ? keptOrder.state : {};
}
