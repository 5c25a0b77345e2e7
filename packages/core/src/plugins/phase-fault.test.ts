import { expect, test } from 'vitest';
import type { Phase, PhaseWork } from '../contracts/setting.ts';
import { findPhaseFault } from './phase-fault.ts';

const seats = ['agent1', 'agent2'];
const work = (seat: string, overrides: Partial<PhaseWork> = {}): PhaseWork => ({
  ...{ seat, task: 'Do it.', start: 'fresh' },
  ...overrides,
});

const nameRule =
  'must begin with a lower-case letter and have at most 40 lower-case letters, digits, dashes and underscores.';
const pathRule = 'which is not a relative path of letters, digits, dots, dashes and underscores.';
const file = (path: string): Partial<Phase> => ({ work: [work('agent1', { handsOver: [path] })] });

const faults: Readonly<Record<string, Partial<Phase>>> = {
  [`the name "Plan" of a phase ${nameRule}`]: { name: 'Plan' },
  'the phase "p" has no list "work" with a seat.': { work: [] },
  'the share of the phase "p" is 2, and must be more than 0 and at most 1.': { share: 2 },
  'the share of the phase "p" is NaN, and must be more than 0 and at most 1.': { share: Number.NaN },
  'the phase "p" names the seat "agent3", which does not exist.': { work: [work('agent3')] },
  'the phase "p" has the seat "agent1" twice.': { work: [work('agent1'), work('agent1')] },
  'the phase "p" has no text "task" for agent1.': { work: [work('agent1', { task: undefined as never })] },
  'in the phase "p", the start of agent1 must be "fresh", "continue" or { from } with the name of a seat.': {
    work: [work('agent1', { start: { from: 'x' } })],
  },
  'in the phase "p", agent1 must hand over a list of at most 16 files.': {
    work: [work('agent1', { handsOver: Array.from({ length: 17 }, String) })],
  },
  [`in the phase "p", agent1 hands over "../plan.txt", ${pathRule}`]: file('../plan.txt'),
  [`in the phase "p", agent1 hands over "/etc/passwd", ${pathRule}`]: file('/etc/passwd'),
  [`in the phase "p", agent1 hands over ".git/config", ${pathRule}`]: file('.git/config'),
  [`in the phase "p", agent1 hands over "a b", ${pathRule}`]: file('a b'),
};

test.each(Object.entries(faults))('%s', (fault, phase) => {
  expect(findPhaseFault({ name: 'p', work: [work('agent1')], ...phase }, seats)).toBe(fault);
});

test('a phase that can run', () => {
  const handsOver = ['plan.txt', '.notes/a-b_c.md'];
  const full = [
    work('agent1', { handsOver, start: { from: 'agent2' } }),
    work('agent2', { start: 'continue' }),
  ];
  expect(findPhaseFault({ name: 'p', share: 1, work: full }, seats)).toBeUndefined();
});
