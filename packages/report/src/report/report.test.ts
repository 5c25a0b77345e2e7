import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Run } from '../trials/read-run.ts';
import { trial } from '../trials/trial.test.support.ts';
import type { Trial } from '../trials/trial.ts';
import { report } from './report.ts';
import { sections } from './sections.ts';

const { rows, ...wanted } = JSON.parse(
  readFileSync(new URL('../fixtures/statistics-fixture.json', import.meta.url), 'utf8'),
) as {
  rows: [task: string, solo: number, coop: number][];
  mcnemar_exact: number;
  deficit_ci_fieller_t: [number, number];
  mt: { deficit_q: [number, number] };
};

const run = (name: string, trials: readonly Trial[]): Run => ({
  name,
  directory: `/${name}`,
  discarded_costs: {},
  problems: [],
  trials,
});
const both = rows.flatMap(([task, solo, coop], index) =>
  Object.entries({ solo, coop }).map(([setting, passed]) =>
    trial({ setting, task: `r/${task}`, pair: `r/${task}/${index}`, verdict: passed ? 'passed' : 'failed' }),
  ),
);

test('a run with coop and solo has the deficit of the fixture', () => {
  const { conditions, comparisons } = report([run('both', both)]);
  expect(conditions.map(({ label, merged }) => [label, merged.rate])).toEqual([
    ['solo', 22 / 30],
    ['coop', 13 / 30],
  ]);
  expect(comparisons).toHaveLength(1);
  const [{ deficit, mcnemar, sign_flip, flipped, ...one } = expect.fail('no comparison')] = comparisons;
  expect(one).toMatchObject({ baseline: 'solo', other: 'coop', pairs: 30, tasks: 8 });
  expect(deficit?.interval?.[0]).toBeCloseTo(wanted.deficit_ci_fieller_t[0], 10);
  expect(deficit?.interval?.[1]).toBeCloseTo(wanted.deficit_ci_fieller_t[1], 10);
  expect(deficit?.bootstrap?.interval?.[0]).toBeCloseTo(wanted.mt.deficit_q[0], 10);
  expect(deficit?.bootstrap?.interval?.[1]).toBeCloseTo(wanted.mt.deficit_q[1], 10);
  expect(mcnemar).toMatchObject({ only_baseline: 11, only_other: 2 });
  expect(mcnemar?.p).toBeCloseTo(wanted.mcnemar_exact, 12);
  expect(sign_flip?.exact).toBe(true);
  expect(flipped).toHaveLength(13);
});

test('several agents who make one patch are no baseline of a deficit', () => {
  const seats = ['agent1', 'agent2'].map((seat) => ({ seat, model: 'm' })) as unknown as Trial['seats'];
  const of = (setting: string, more: Partial<Trial>) =>
    trial({ setting, task: 'r/1', pair: 'r/1/f1_f2', ...more });
  const relay = of('relay', { judged: 'single', seats });
  expect(report([run('both', [relay, of('coop', { seats })])]).comparisons).toMatchObject([
    { baseline: 'relay', other: 'coop', deficit: null },
  ]);
  const all = report([run('all', [relay, of('coop', { seats }), of('solo', {})])]).comparisons;
  expect(all.map(({ baseline, other, deficit }) => [baseline, other, deficit !== null])).toEqual([
    ['solo', 'relay', false],
    ['solo', 'coop', true],
    ['relay', 'coop', false],
  ]);
});

test('the same runs give the same report, in whatever order their trials are', () => {
  const [one, other] = [both, both.toReversed()].map((trials) =>
    report([run('both', trials)]).comparisons.map(({ deficit, difference }) => [deficit, difference]),
  );
  expect(other).toEqual(one);
});

test('runs compare on the pairs that they share, and infrastructure errors count nowhere', () => {
  const pair = (run: string, index: number, verdict: Trial['verdict'], setting = 'coop') =>
    trial({ run, setting, task: `r/${index}`, pair: `r/${index}/f1_f2`, verdict });
  const { conditions, comparisons } = report([
    run('alone', [
      pair('alone', 1, 'passed', 'solo'),
      pair('alone', 2, 'passed', 'solo'),
      pair('alone', 3, 'passed', 'solo'),
    ]),
    run('talk', [pair('talk', 1, 'passed'), pair('talk', 2, 'failed'), pair('talk', 3, 'error')]),
    run('mute', [pair('mute', 2, 'failed'), pair('mute', 1, 'failed'), pair('mute', 4, 'none')]),
  ]);
  expect(
    conditions.map(({ label, merged: { rate }, errors, not_evaluated }) => [
      label,
      rate,
      errors.length,
      not_evaluated,
    ]),
  ).toEqual([
    ['alone', 1, 0, 0],
    ['talk', 0.5, 1, 0],
    ['mute', 0, 0, 1],
  ]);
  expect(
    comparisons.map(({ baseline, other, pairs, deficit }) => [baseline, other, pairs, deficit?.estimate]),
  ).toEqual([
    ['alone', 'talk', 2, 0.5],
    ['alone', 'mute', 2, 1],
    ['talk', 'mute', 2, undefined],
  ]);
});

const seat = {
  ...{ seat: 'agent1', agent: 'a', model: 'm', status: 'Completed', cost: null, steps: 1, input_tokens: 1 },
  ...{ output_tokens: 1, seconds: 1, patch_lines: 1, error: null },
};

test('a pair of different models is compared with each of them alone', () => {
  const of = (label: string, setting: string, models: string[]) =>
    run(label, [
      trial({
        ...{ run: label, setting, task: 'r/1', pair: 'r/1/f1_f2', model: models.join(' + ') },
        seats: models.map((model, index) => ({ ...seat, seat: `agent${index + 1}`, model })),
      }),
    ]);
  const { comparisons } = report([
    of('solo-z', 'solo', ['z']),
    of('solo-x', 'solo', ['x']),
    of('solo-y', 'solo', ['y']),
    of('xy', 'coop', ['x', 'y']),
    of('yy', 'coop', ['y', 'y']),
  ]);
  expect(comparisons.map(({ baseline, other }) => [baseline, other])).toEqual([
    ['solo, x', 'coop, x + y'],
    ['solo, y', 'coop, x + y'],
    ['solo, y', 'coop, y'],
    ['coop, x + y', 'coop, y'],
  ]);
});

test('repetitions are one observation of their pair, and have pass@k', () => {
  const repeated = [true, false, true].map((passed, index) =>
    trial({ task: 'r/1', pair: 'r/1/f1_f2', repetition: index + 1, verdict: passed ? 'passed' : 'failed' }),
  );
  const single = trial({ task: 'r/2', pair: 'r/2/f1_f2' });
  const [condition] = report([run('x', [...repeated, single])]).conditions;
  expect(condition).toMatchObject({ trials: 4, pairs: 2, repetitions: 3 });
  expect(condition?.merged.rate).toBeCloseTo((2 / 3 + 1) / 2, 12);
  expect(condition?.pass_at_k.map(({ k, pairs }) => [k, pairs])).toEqual([
    [1, 2],
    [2, 1],
    [3, 1],
  ]);
  expect(condition?.pass_at_k[1]?.pass_at_k).toBeCloseTo(1, 12);
  expect(condition?.pass_at_k[1]?.pass_hat_k).toBeCloseTo(1 / 3, 12);
});

test('lost trials are counted by model, and the rate that takes them for failures stands beside the other', () => {
  const voids = { attempts: 1, unexplained: 1, seats: { agent1: 1 }, isLost: true };
  const seats = [
    { ...seat, seat: 'agent1', model: 'x' },
    { ...seat, seat: 'agent2', model: 'y' },
  ];
  const made = report([
    run('x', [
      trial({ task: 'r/1', pair: 'r/1/f1_f2' }),
      trial({ task: 'r/2', pair: 'r/2/f1_f2' }),
      trial({ task: 'r/3', pair: 'r/3/f1_f2', verdict: 'error', voids, seats }),
      // It passed when it ran again.
      trial({
        ...{ task: 'r/4', pair: 'r/4/f1_f2', seats },
        voids: { attempts: 2, unexplained: 1, seats: { agent1: 1, agent2: 1 }, isLost: false },
      }),
    ]),
  ]);
  expect(made.conditions[0]).toMatchObject({
    merged: { rate: 1, observations: 3 },
    voids: {
      ...{ trials: 2, attempts: 3, unexplained: 2 },
      by_model: [
        { model: 'x', seats: 2 },
        { model: 'y', seats: 1 },
      ],
      merged: { rate: 0.5, observations: 4 },
    },
  });
  const table = sections(made).find(({ title }) => title === 'Lost attempts')?.table;
  expect(table?.rows).toEqual([
    ['coop', 'x', '2', '2', '3', '2', '100.0%', '50.0%'],
    ['coop', 'y', '1', '2', '3', '2', '100.0%', '50.0%'],
  ]);
});

test('a price that is not known is unknown in every table, never nothing', () => {
  const made = report([
    run('x', [
      trial({ task: 'r/1', pair: 'r/1/f1_f2', seats: [seat, { ...seat, seat: 'agent2', cost: 1 }] }),
    ]),
  ]);
  expect(made.conditions[0]).toMatchObject({ cost: null, seats: [{ cost: null }, { cost: 1 }] });
  const texts = sections(made).flatMap(({ table }) => table.rows.flat());
  expect(texts.filter((text) => text === 'unknown')).toHaveLength(2);
  expect(texts).not.toContain('$0.00');
});

test('a run without a trial is a report without tables', () => {
  expect(sections(report([run('empty', [])]))).toEqual([]);
});

test('of solo alone, the tables say passed: nothing is merged', () => {
  const solo = report([
    run(
      'solo',
      both.filter(({ setting }) => setting === 'solo'),
    ),
  ]);
  const [overview, rates] = sections(solo);
  expect(overview?.table.head).toContain('Passed');
  expect(rates?.table.rows[0]?.slice(0, 3)).toEqual(['solo', 'passed', '73.3%']);
  const [mixed, named] = sections(report([run('both', both)]));
  expect(mixed?.table.head).toContain('Merged');
  expect(named?.table.rows.map(([label, name]) => `${label} ${name}`)).toContain('coop merged');
});

test('every table of rates that mixes merge policies says so', () => {
  const of = (name: string, merge_policy: string, verdict: Trial['verdict'] = 'passed') =>
    trial({ run: name, task: 'r/1', pair: 'r/1/f1_f2', merge_policy, verdict });
  const solo = trial({ run: 'alone', setting: 'solo', task: 'r/1', pair: 'r/1/f1_f2' });
  const note =
    'These verdicts come from different merge policies: strict, union. `--merge-policy NAME` counts those of one.';
  const mixed = report([run('alone', [solo]), run('a', [of('a', 'union')]), run('b', [of('b', 'strict')])]);
  expect(mixed).toMatchObject({
    merge_policy: null,
    conditions: [{ merge_policies: [] }, { merge_policies: ['union'] }, { merge_policies: ['strict'] }],
  });
  const notesOf = (made: typeof mixed) =>
    Object.fromEntries(sections(made).map(({ title, notes }) => [title, notes]));
  for (const title of ['Conditions', 'Pass rates', 'Coordination deficit', 'Differences'])
    expect(notesOf(mixed)[title]).toContain(note);
  const [overview] = sections(mixed);
  expect(overview?.table.head[3]).toBe('Merge policy');
  expect(overview?.table.rows.map((row) => row[3])).toEqual(['n/a', 'union', 'strict']);

  const inOne = report([run('a', [of('a', 'union'), of('a', 'strict')])]);
  expect(sections(inOne)[0]?.table.rows[0]?.[3]).toBe('strict + union');
  expect(notesOf(inOne).Conditions).toEqual([note]);
  expect(Object.values(notesOf(report([run('a', [of('a', 'union')])]))).flat()).not.toContain(note);
});

test('trials without a verdict under the policy are missing, and outdated ones are counted', () => {
  const trials = [
    trial({ task: 'r/1', pair: 'r/1/f1_f2', merge_policy: 'strict', outdated: true }),
    trial({ task: 'r/2', pair: 'r/2/f1_f2', merge_policy: null, verdict: 'none' }),
  ];
  const made = report([{ ...run('a', trials), merge_policy: 'strict' }]);
  expect(made).toMatchObject({ merge_policy: 'strict', conditions: [{ not_evaluated: 1, outdated: 1 }] });
  expect(sections(made)[0]?.notes).toEqual([
    'Only verdicts under strict count. 1 trial without one: `cooperbench eval -n RUN --merge-policy strict` evaluates it.',
    '1 verdict older than a change of the inputs: repeat `cooperbench eval -n RUN`.',
  ]);
});
