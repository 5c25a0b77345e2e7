import { expect, test } from 'vitest';
import { silence, trial } from '../trials/trial.test.support.ts';
import { buildConditionReport } from './condition-report.ts';
import { computePhaseUsage } from './phase-usage.ts';

const phase = (name: string, cost: number | null, steps = 2) => ({ name, cost, steps, seconds: 10 });
const place = { task: 't/1', pair: 't/1/f1_f2' };

test('cost by phase, as the mean of a trial', () => {
  const trials = [
    trial({ ...place, phases: [phase('implement', 1), phase('review', 0.5), phase('revise', 0.5)] }),
    trial({ ...place, phases: [phase('implement', 3), phase('review', 1, 4)] }),
    trial(place),
  ];
  expect(computePhaseUsage(trials)).toEqual([
    { phase: 'implement', trials: 2, phases: 1, cost: 2, cost_share: 4 / 6, steps: 2, seconds: 10 },
    { phase: 'review', trials: 2, phases: 1, cost: 0.75, cost_share: 0.25, steps: 3, seconds: 10 },
    { phase: 'revise', trials: 1, phases: 0.5, cost: 0.25, cost_share: 0.5 / 6, steps: 1, seconds: 5 },
  ]);
  const unknown = [trial({ ...place, phases: [phase('plan', null), phase('execute', 1)] })];
  expect(computePhaseUsage(unknown)).toMatchObject([
    { phase: 'plan', cost: null, cost_share: null },
    { phase: 'execute', cost: 1, cost_share: null },
  ]);
  expect(computePhaseUsage([trial(place)])).toEqual([]);
});

const seat = { agent: 'a', model: 'm', status: 'Completed', cost: 0, steps: 1, input_tokens: 1 };
const used = { output_tokens: 1, seconds: 1, patch_lines: 1, error: null };

test('rates by the number of seats', () => {
  const seats = (...names: string[]) => names.map((name) => ({ seat: name, ...seat, ...used }));
  const trials = [
    trial({ ...place, seats: seats('a', 'b') }),
    trial({ ...place, seats: seats('a', 'b', 'c', 'd'), verdict: 'failed', pair: 't/1/f1_f2_f3_f4' }),
  ];
  const condition = {
    ...{ label: 'c', run: 'r', setting: 'coop', trials, discardedCost: 0, cluster: 'task' as const },
  };
  expect(buildConditionReport(condition, 1).by_seats).toMatchObject([
    { name: '2', trials: 1, merged: 1 },
    { name: '4', trials: 1, merged: 0 },
  ]);
});

test('use of lost and cancelled trials does not count', () => {
  const cancelled = [{ seat: 'a', ...seat, ...used, status: 'Cancelled' }];
  const trials = [
    trial({
      ...place,
      phases: [phase('plan', 1), phase('execute', 3)],
      seats: [{ seat: 'a', ...seat, ...used }],
    }),
    trial({
      ...place,
      phases: [phase('plan', 1)],
      verdict: 'error',
      seats: [{ seat: 'a', ...seat, ...used }],
    }),
    trial({ ...place, phases: [phase('plan', 1)], verdict: 'none', seats: cancelled }),
  ];
  const condition = {
    ...{ label: 'c', run: 'r', setting: 'coop', trials, discardedCost: 0, cluster: 'task' as const },
  };
  const { phases, seats } = buildConditionReport(condition, 1);
  expect(phases).toMatchObject([
    { phase: 'plan', trials: 1, cost: 1 },
    { phase: 'execute', trials: 1, phases: 1, cost: 3, cost_share: 0.75 },
  ]);
  expect(seats).toMatchObject([{ seat: 'a', trials: 1 }]);
});

test('metrics of lost trials do not count', () => {
  const metrics = (value: number) => [{ name: 'claims', value }];
  const trials = [
    trial({ ...place, metrics: metrics(2) }),
    trial({ ...place, metrics: metrics(0), verdict: 'error' }),
    trial({ ...place, metrics: metrics(4), verdict: 'none' }),
  ];
  const condition = {
    ...{ label: 'c', run: 'r', setting: 'coop', trials, discardedCost: 0, cluster: 'task' as const },
  };
  expect(buildConditionReport(condition, 1).metrics).toMatchObject([{ trials: 2, mean: 3 }]);
});

test('faults of channels are summed', () => {
  const trials = [2, 3].map((dropped) => trial({ ...place, talk: { ...silence, dropped, duplicated: 1 } }));
  const condition = {
    ...{ label: 'c', run: 'r', setting: 'coop', trials, discardedCost: 0, cluster: 'task' as const },
  };
  expect(buildConditionReport(condition, 1).communication).toMatchObject({ dropped: 5, duplicated: 2 });
});
