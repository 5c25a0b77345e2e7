import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { getSeatClass, getSeatColour, seatColours, seatPatterns } from './seat-class.ts';

const styles = (name: string) => readFileSync(new URL(`../styles/${name}.css`, import.meta.url), 'utf8');

test('each of 96 seats has a mark of its own: sixteen colours, in light and dark, and a pattern past them', () => {
  const seats = Array.from({ length: 96 }, (_, index) => `agent${index + 1}`);
  const classes = seats.map((seat) => getSeatClass(seat, seats));
  expect(new Set(classes).size).toBe(96);
  expect([classes[15], classes[16], classes[95]]).toEqual([
    'seat-15',
    'seat-0 pattern-1',
    'seat-15 pattern-5',
  ]);
  expect([
    getSeatClass('nobody', seats),
    getSeatColour('nobody', seats),
    getSeatColour('agent18', seats),
  ]).toEqual([...['', '', 'seat-1']]);
  const own = classes.slice(0, seatColours);
  const colours = own.map((name) =>
    new RegExp(`--${name}: light-dark\\((#\\w+), (#\\w+)\\)`).exec(styles('base')),
  );
  for (const theme of [1, 2]) expect(new Set(colours.map((colour) => colour?.[theme])).size).toBe(16);
  for (const name of own) expect(styles('parts')).toContain(`.${name} {\n  --seat: var(--${name});`);
  const patterns = Array.from({ length: seatPatterns }, (_, index) =>
    new RegExp(`\\.pattern-${index + 1} {\\n  --under: (\\w+);\\n  --dashes: ([\\w ]+);`).exec(
      styles('parts'),
    ),
  );
  for (const part of [1, 2])
    expect(new Set(patterns.map((pattern) => pattern?.[part])).size).toBe(seatPatterns);
});
