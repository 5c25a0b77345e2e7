import { expect, test } from 'vitest';
import { count, formatDuration, formatMoney, formatPercent, totalCost } from './format.ts';

test.for([
  [0, '0s'],
  [-1, '0s'],
  [0.44, '0.4s'],
  [9.96, '10s'],
  [59.4, '59s'],
  [59.6, '1m 0s'],
  [222, '3m 42s'],
  [3599.7, '1h 0m'],
  [7290, '2h 2m'],
] as const)('%f seconds are %s', ([seconds, text]) => expect(formatDuration(seconds)).toBe(text));

test('counts have a noun', () => {
  expect([count(0, 'step'), count(1, 'step')]).toEqual(['0 steps', '1 step']);
});

test('money too little for cents is not called nothing', () => {
  expect([0, 0.004, 0.01, 12.345].map(formatMoney)).toEqual(['$0.00', '<$0.01', '$0.01', '$12.35']);
});

test('percentages have one decimal, and a rate over nothing is n/a', () => {
  expect([formatPercent(null), formatPercent(undefined), formatPercent(0), formatPercent(5 / 11)]).toEqual([
    'n/a',
    'n/a',
    '0.0%',
    '45.5%',
  ]);
});

test('a price that is not known is unknown, and so is a sum with one', () => {
  expect(formatMoney(null)).toBe('unknown');
  expect(totalCost({ total_cost: 0, cost_known: false })).toBe('unknown');
  expect(totalCost({ total_cost: 1.5, cost_known: false })).toBe('unknown, more than $1.50');
  expect(totalCost({ total_cost: 1.5 })).toBe('$1.50');
});
