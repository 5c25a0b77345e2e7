import { expect, test } from 'vitest';
import { buildTrialVoids } from './voids.ts';

const lost = (seat: string, runId: string, explained?: 'shared') => ({
  ...{ seat, runId, code: 'X' },
  ...(explained && { explained }),
});
const result = (run_id: string, ...statuses: string[]) => ({
  run_id,
  agents: Object.fromEntries(statuses.map((status, index) => [`agent${index + 1}`, { status }])) as never,
});

test('attempts that lost several seats count once, and each seat for itself', () => {
  const losses = [lost('agent1', 'a'), lost('agent2', 'a', 'shared'), lost('agent1', 'b', 'shared')];
  expect(buildTrialVoids(losses, result('c', 'Completed', 'Completed'))).toEqual({
    ...{ attempts: 2, unexplained: 1, isLost: false },
    seats: { agent1: 2, agent2: 1 },
  });
});

test('a present loss that the ledger has counts once, and one that it has not counts as well', () => {
  expect(buildTrialVoids([lost('agent1', 'a')], result('a', 'Error', 'Completed'))).toMatchObject({
    ...{ attempts: 1, unexplained: 1, isLost: true },
  });
  expect(buildTrialVoids([], result('a', 'Completed', 'Error'))).toEqual({
    ...{ attempts: 1, unexplained: 1, isLost: true },
    seats: { agent2: 1 },
  });
});

test('a trial that was never lost has none', () => {
  expect(buildTrialVoids([], result('a', 'Completed', 'LimitsExceeded'))).toMatchObject({
    attempts: 0,
    seats: {},
  });
});
