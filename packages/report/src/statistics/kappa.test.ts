import { expect, test } from 'vitest';
import { computeCohensKappa } from './kappa.ts';

const times = (count: number, one: string, other: string): [string, string][] =>
  Array.from({ length: count }, () => [one, other]);

test('the kappa of published examples', () => {
  // Fleiss, Levin, Paik (2003), Statistical methods for rates and proportions, table 18.1: kappa = 0.68.
  const diagnoses = [
    ...[...times(75, 'a', 'a'), ...times(1, 'a', 'b'), ...times(4, 'a', 'c')],
    ...[...times(5, 'b', 'a'), ...times(4, 'b', 'b'), ...times(1, 'b', 'c')],
    ...[...times(0, 'c', 'a'), ...times(0, 'c', 'b'), ...times(10, 'c', 'c')],
  ];
  const { agreement, kappa } = computeCohensKappa(diagnoses);
  expect(agreement).toBeCloseTo(0.89, 10);
  expect(kappa).toBeCloseTo(0.676, 3);
  const grants = [
    ...times(20, 'y', 'y'),
    ...times(5, 'y', 'n'),
    ...times(10, 'n', 'y'),
    ...times(15, 'n', 'n'),
  ];
  expect(computeCohensKappa(grants)).toEqual({ items: 50, agreement: 0.7, kappa: expect.closeTo(0.4, 10) });
});

test('without items, or when chance explains everything, there is no kappa', () => {
  expect(computeCohensKappa([])).toEqual({ items: 0, agreement: null, kappa: null });
  expect(computeCohensKappa(times(3, 'no', 'no'))).toEqual({ items: 3, agreement: 1, kappa: null });
  expect(computeCohensKappa([...times(1, 'a', 'b'), ...times(1, 'b', 'a')]).kappa).toBe(-1);
});
