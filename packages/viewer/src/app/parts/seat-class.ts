/** Seats that have a colour of their own, which `base.css` has. Any further ones are grey. */
export const seatColours = 16;

/** The class of a seat, which colours it. Empty: it is no seat of the trial. */
export function seatClass(name: string, seats: readonly string[]): string {
  const index = seats.indexOf(name);
  if (index < 0) return '';
  return index < seatColours ? `seat-${index}` : 'seat-rest';
}
