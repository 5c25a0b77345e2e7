import { expect, test } from 'vitest';
import type { PairRow, RunDocument } from '../../data/model.ts';
import { comparePairs, compareRuns, listSharedRates } from './compared-pairs.ts';

const verdictOf = {
  '+': 'passed',
  '-': 'failed',
  '!': 'error',
  '0': 'none',
  '…': 'running',
} as const;

/** Returns a run. `pairs` maps each setting and pair to one verdict sign for each repetition. */
function run(
  name: string,
  pairs: Readonly<Record<string, string>>,
  overrides: Partial<PairRow> = {},
): RunDocument {
  const rows = Object.entries(pairs).flatMap(([id, signs]) => {
    const [setting = '', repo = '', task = '', features = ''] = id.split('/');
    return [...signs].map(
      (sign, index): PairRow => ({
        ...{ id: index === 0 ? id : `${id}@${index + 1}`, setting, repo, repetition: index + 1 },
        ...{ pair: `${repo}/${task}/${features}`, task: `${repo}/${task}`, features: [1, 2] },
        ...{ judged: setting === 'solo' ? 'single' : 'merge', agent: 'mini', model: 'm', models: ['m'] },
        verdict: verdictOf[sign as keyof typeof verdictOf],
        ...{
          overall: null,
          individual: {},
          merge: null,
          cause: null,
          metrics: [],
          labels: [],
          started_at: null,
        },
        ...{ seconds: 1, cost: index + 1, steps: 10, messages: 0, statuses: {}, empty: [] },
        ...overrides,
      }),
    );
  });
  return { schema_version: 1, name, running: false, pairs: rows, problems: [] };
}

const pair = 'a_task/1/f1_f2';
const sides = (left: string, right: string) => {
  const [comparedPair] = comparePairs([
    run('a', { [`coop/${pair}`]: left }),
    run('b', { [`coop/${pair}`]: right }),
  ]);
  const figures = comparedPair?.sides.map(({ passed, judged, rate }) => [passed, judged, rate]);
  return { flipped: comparedPair?.flipped, figures };
};

test.for([
  ['+', '-', true, [1, 1, 1], [0, 1, 0]],
  // The first repetition says the opposite of the pair.
  ['+--', '-++', true, [1, 3, 1 / 3], [2, 3, 2 / 3]],
  ['+-', '-+', false, [1, 2, 0.5], [1, 2, 0.5]],
  ['+-', '++--', false, [1, 2, 0.5], [2, 4, 0.5]],
  ['+!0', '+', false, [1, 1, 1], [1, 1, 1]],
  ['!…', '+', false, [0, 0, null], [1, 1, 1]],
] as const)('%s against %s: k of the n that have a verdict', ([left, right, flipped, ...figures]) => {
  expect(sides(left, right)).toEqual({ flipped, figures });
});

test('repetitions stay together in their order, with the means of what they cost', () => {
  const reversed = run('a', { [`coop/${pair}`]: '+-+' });
  const [comparedPair] = comparePairs([
    { ...reversed, pairs: reversed.pairs.toReversed() },
    run('b', { [`coop/${pair}`]: '+' }, { cost: null }),
  ]);
  expect(
    comparedPair?.sides.map(({ trials, cost, steps }) => [trials.map(({ id }) => id), cost, steps]),
  ).toEqual([
    [[`coop/${pair}`, `coop/${pair}@2`, `coop/${pair}@3`], 2, 10],
    [[`coop/${pair}`], null, 10],
  ]);
});

test('a setting is compared with the same one, and with another only when there is no such', () => {
  const both = run('a', { [`coop/${pair}`]: '+', [`solo/${pair}`]: '-', 'coop/a_task/1/f1_f3': '+' });
  const settings = (other: RunDocument) =>
    comparePairs([both, other]).map((comparedPair) => [
      comparedPair.pair,
      ...comparedPair.sides.map(({ setting }) => setting),
    ]);
  expect(settings(run('b', { [`solo/${pair}`]: '+' }))).toEqual([[pair, 'solo', 'solo']]);
  expect(settings(run('b', { [`team/${pair}`]: '+' }))).toEqual([[pair, 'coop', 'team']]);
});

test('rates are means over pairs, those of the comparison, and settings are not pooled', () => {
  const runDocument = run('a', {
    [`coop/${pair}`]: '+--',
    'coop/a_task/1/f1_f3': '+',
    'coop/a_task/1/f1_f4': '+',
    [`solo/${pair}`]: '+',
  });
  const other = run('b', {
    [`coop/${pair}`]: '-',
    'coop/a_task/1/f1_f3': '++-0',
    'coop/a_task/1/f1_f4': '!',
    [`solo/${pair}`]: '+',
  });
  const rates = listSharedRates(comparePairs([runDocument, other]));
  expect(rates).toEqual([
    { settings: ['coop', 'coop'], pairs: 2, rates: [2 / 3, 1 / 3] },
    { settings: ['solo', 'solo'], pairs: 1, rates: [1, 1] },
  ]);
  const ofPairs = ({ pairs }: RunDocument) => pairs.filter(({ setting }) => setting === 'coop');
  const [comparison] = compareRuns([
    { ...runDocument, pairs: ofPairs(runDocument) },
    { ...other, pairs: ofPairs(other) },
  ]);
  expect(comparison).toMatchObject({
    ...{ baseline: 'a', other: 'b', pairs: 2, baseline_rate: 2 / 3, other_rate: 1 / 3 },
    flipped: [
      { pair, baseline: 1 / 3, other: 0 },
      { pair: 'a_task/1/f1_f3', baseline: 1, other: 2 / 3 },
    ],
  });
});
