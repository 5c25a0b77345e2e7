import { table } from '@cooperbench/command/reporters';
import { expect, test } from 'vitest';
import { buildDemoTable, type DemoRow } from './table.ts';

const row = (merged: boolean | null, solo: boolean | null): DemoRow => ({
  pair: 'a_task/1/f1_f2',
  individual: '2/2',
  merge: 'clean',
  merged,
  overall: merged,
  solo,
  messages: 3,
  cost: 0.125,
});

test('the table of the demo compares both settings pair by pair', () => {
  const [rows, options] = buildDemoTable([row(true, true), row(false, null)]);
  expect(table(rows, { ...options, paint: (_, text) => text })).toEqual([
    'Pair            Individual  Merge  Merged  Overall  Solo  Messages   Cost',
    'a_task/1/f1_f2  2/2         clean  pass    pass     pass         3  $0.13',
    'a_task/1/f1_f2  2/2         clean  FAIL    FAIL     n/a          3  $0.13',
  ]);
});
