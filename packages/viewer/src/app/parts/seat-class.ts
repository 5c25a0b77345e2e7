/** Colours of seats, which `base.css` has, and the patterns of `parts.css`, which tell seats of one colour apart. */
export const seatColours = 16;
export const seatPatterns = 5;

/** Returns the class of a seat's colour. Returns an empty value if it is no seat of the trial. */
export function getSeatColour(name: string, seats: readonly string[]): string {
  const index = seats.indexOf(name);
  return index < 0 ? '' : `seat-${index % seatColours}`;
}

/**
 * Returns the classes of a seat: its colour and, past the first sixteen seats, its pattern. Returns an empty value if it is no
 * seat of the trial.
 */
export function getSeatClass(name: string, seats: readonly string[]): string {
  const round = Math.floor(seats.indexOf(name) / seatColours);
  const colour = getSeatColour(name, seats);
  return round < 1 ? colour : `${colour} pattern-${((round - 1) % seatPatterns) + 1}`;
}
