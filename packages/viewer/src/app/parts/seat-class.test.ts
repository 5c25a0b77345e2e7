import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { seatClass, seatColours } from './seat-class.ts';

const styles = (name: string) => readFileSync(new URL(`../styles/${name}.css`, import.meta.url), 'utf8');

test('each of sixteen seats has a colour of its own, in light and dark, and further ones are grey', () => {
  const seats = Array.from({ length: seatColours + 2 }, (_, index) => `agent${index + 1}`);
  const classes = seats.map((seat) => seatClass(seat, seats));
  const own = classes.slice(0, seatColours);
  expect(new Set(own).size).toBe(16);
  expect(classes.slice(seatColours)).toEqual(['seat-rest', 'seat-rest']);
  expect(seatClass('nobody', seats)).toBe('');
  const colours = own.map((name) =>
    new RegExp(`--${name}: light-dark\\((#\\w+), (#\\w+)\\)`).exec(styles('base')),
  );
  for (const theme of [1, 2]) expect(new Set(colours.map((found) => found?.[theme])).size).toBe(16);
  for (const name of own) expect(styles('parts')).toContain(`.${name} {\n  --seat: var(--${name});`);
  expect(styles('parts')).toContain('.seat-rest {\n  --seat: var(--muted);');
});
