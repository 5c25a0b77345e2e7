import { expect, test } from 'vitest';
import type { PairRow } from '../../data/model.ts';
import { buildSorting, listChoices, listShownRows, toggleSorting } from './pair-rows.ts';

function row(id: string, overrides: Partial<PairRow> = {}): PairRow {
  const [setting = '', repo = '', task = '', features = ''] = id.split('/');
  return {
    ...{ id, setting, repo, pair: `${repo}/${task}/${features}`, task: `${repo}/${task}` },
    ...{
      features: [1, 2],
      repetition: 1,
      judged: 'merge',
      agent: 'mini_swe_agent',
      model: 'm',
      models: ['m'],
    },
    ...{
      verdict: 'passed',
      overall: true,
      individual: {},
      merge: null,
      cause: null,
      metrics: [],
      labels: [],
    },
    ...{ started_at: null, seconds: 1, cost: 1, steps: 1, messages: 0, statuses: {}, empty: [] },
    ...overrides,
  };
}

const failed = row('coop/b_task/10/f1_f2', {
  verdict: 'failed',
  cost: 3,
  cause: { name: 'textual_conflict', sentence: 'The patches conflict in src/a.js.' },
  labels: ['commitment', 'expectation'],
});
const rows = [
  row('coop/b_task/9/f1_f2'),
  failed,
  row('solo/a_task/1/f1_f2', { cost: null }),
  row('coop/a_task/1/f1_f2'),
];
const ids = (state: Record<string, string>) => listShownRows(rows, state).map(({ id }) => id);

test('filters by how the same pair ended in other settings and repetitions', () => {
  const pair = 'a_task/1/f1_f2';
  const all = [
    row(`coop/${pair}`, { verdict: 'failed' }),
    row(`coop/${pair}@2`, { pair, repetition: 2 }),
    row(`solo/${pair}`),
    row('coop/a_task/1/f1_f3'),
    row('solo/a_task/1/f1_f3', { verdict: 'error' }),
  ];
  expect(listChoices(all, 'same')).toEqual([
    ['fails in coop', 1],
    ['passes in solo', 1],
    ['repetitions differ', 2],
  ]);
  expect(listShownRows(all, { same: 'passes in solo' }).map(({ id }) => id)).toEqual([`coop/${pair}`]);
  expect(listShownRows(all, { same: 'repetitions differ', verdict: 'passed' }).map(({ id }) => id)).toEqual([
    `coop/${pair}@2`,
  ]);
});

test('shows failures first, then numbers within names in their order', () => {
  expect(ids({})).toEqual([
    'coop/b_task/10/f1_f2',
    'coop/a_task/1/f1_f2',
    'coop/b_task/9/f1_f2',
    'solo/a_task/1/f1_f2',
  ]);
  expect(ids({ sort: 'pair', setting: 'coop' })).toEqual([
    'coop/a_task/1/f1_f2',
    'coop/b_task/9/f1_f2',
    'coop/b_task/10/f1_f2',
  ]);
});

test('sorts by a number, what is not known last when the highest comes first', () => {
  expect(ids({ sort: '-cost' }).at(0)).toBe('coop/b_task/10/f1_f2');
  expect(ids({ sort: '-cost' }).at(-1)).toBe('solo/a_task/1/f1_f2');
});

test('filters by columns and by all words of a search, whatever their case', () => {
  expect(ids({ setting: 'solo' })).toEqual(['solo/a_task/1/f1_f2']);
  expect(ids({ search: 'B_TASK src/a.js' })).toEqual(['coop/b_task/10/f1_f2']);
  expect(ids({ cause: 'textual_conflict', verdict: 'passed' })).toEqual([]);
  expect(ids({ label: 'expectation' })).toEqual(['coop/b_task/10/f1_f2']);
});

test('offers what the rows have', () => {
  expect(listChoices(rows, 'setting')).toEqual([
    ['coop', 3],
    ['solo', 1],
  ]);
  expect(listChoices(rows, 'cause')).toEqual([['textual_conflict', 1]]);
  expect(listChoices(rows, 'label')).toEqual([
    ['commitment', 1],
    ['expectation', 1],
  ]);
});

test('a second click on a column turns its order around', () => {
  expect(buildSorting({ sort: '-nonsense' })).toEqual({ key: 'verdict', descending: false });
  expect(toggleSorting({ key: 'verdict', descending: false }, 'cost')).toBe('-cost');
  expect(toggleSorting({ key: 'cost', descending: true }, 'cost')).toBe('cost');
  expect(toggleSorting({ key: 'cost', descending: true }, 'pair')).toBe('pair');
});

test.for(['textual conflict', 'commitment', 'src/a.js', '$3.00', 'mini_swe_agent coop b_task'])(
  'a search finds what the columns show: %s',
  (search) => {
    expect(ids({ search })).toContain('coop/b_task/10/f1_f2');
    expect(ids({ search: `${search} nowhere` })).toEqual([]);
  },
);

test('a search finds the words of verdicts and flags, not only those of files', () => {
  const lost = row('coop/a_task/1/f1_f2', { verdict: 'error', empty: ['agent2'] });
  expect(listShownRows([lost, failed], { search: 'lost empty: agent2' })).toEqual([lost]);
});

test('sorts and searches by metrics of plugins', () => {
  const measured = [3, 20, undefined].map((value, index) =>
    row(`coop/a_task/${index}/f1_f2`, { metrics: value === undefined ? [] : [{ name: 'claim', value }] }),
  );
  const order = (sort: string) => listShownRows(measured, { sort }).map(({ task }) => task.at(-1));
  expect(order('metric claim')).toEqual(['2', '0', '1']);
  expect(order('-metric claim')).toEqual(['1', '0', '2']);
  expect(toggleSorting(buildSorting({}), 'metric claim')).toBe('-metric claim');
  expect(listShownRows(measured, { search: '20' })).toHaveLength(1);
});
