import type { SeatPlan } from '@cooperbench/core';

/** Lists one seat for each feature, as in `coop`. */
export function listSeatForEach(features: readonly number[]): SeatPlan[] {
  return features.map((feature, index) => ({
    id: `agent${index + 1}`,
    features: [feature],
    fileStem: `agent${feature}`,
  }));
}

/** Formats the ids of the seats other than this one, as a part of a sentence. */
export function formatOtherSeats(seat: SeatPlan, seats: readonly SeatPlan[]): string {
  return seats.flatMap(({ id }) => (id === seat.id ? [] : [id])).join(', ');
}
