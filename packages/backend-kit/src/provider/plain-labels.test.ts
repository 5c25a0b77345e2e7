import { thisOwner } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { plainLabels, readPlainLabels } from './plain-labels.ts';

const labels = plainLabels({
  name: 'cooperbench-typst',
  labels: { run: 'My run.', trial: 'coop/a/1/f1_f2', seat: '-', long: 'x'.repeat(80) },
});

test('labels are what every provider takes', () => {
  expect(labels).toMatchObject({
    cooperbench: 'sandbox',
    name: 'cooperbench-typst',
    run: 'my_run',
    trial: 'coop_a_1_f1_f2',
    long: 'x'.repeat(63),
  });
  expect(labels).not.toHaveProperty('seat');
  for (const text of Object.entries(labels).flat())
    expect(text).toMatch(/^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$/);
});

test('owner and time come back', () => {
  const { owner, madeAtMs } = readPlainLabels(labels);
  expect(JSON.parse(owner ?? '')).toEqual(JSON.parse(JSON.stringify(thisOwner())));
  expect(madeAtMs).toBeGreaterThan(Date.now() - 600_000);
});
