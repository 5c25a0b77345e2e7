import { expect, test } from 'vitest';
import { csv } from '../formats/csv.ts';
import { getSvg } from '../formats/drawing-svg.ts';
import { drawFigure } from '../formats/figure.ts';
import type { Run } from '../trials/read-run.ts';
import { trial } from '../trials/trial.test.support.ts';
import type { Trial } from '../trials/trial.ts';
import { buildPowerSection } from './power-section.ts';
import { report } from './report.ts';
import { sections } from './sections.ts';

const identity = (extra: object) => ({ settings: { coop: { identity: { max_steps: 100, ...extra } } } });
/** Returns a run of these pairs of tasks 1, 2, 3; `passed` has a digit for each. */
function runOf(name: string, passed: string, extra: object = {}): Run {
  const trials = [...passed].map((digit, index) =>
    trial({
      ...{ run: name, task: `r/${index}`, pair: `r/${index}/f1_f2` },
      verdict: digit === '1' ? 'passed' : 'failed',
    }),
  );
  return {
    ...{ name, directory: `/${name}`, discarded_costs: {}, problems: [], trials },
    config: identity(extra) as unknown as Run['config'],
  };
}

test('runs are labelled by what varies between them, which CSV and JSON have as columns', () => {
  const runs = [
    runOf('a', '10'),
    runOf('b', '11', { channels: ['git', 'messages'] }),
    runOf('c', '00', { channels: [] }),
  ];
  const { conditions } = report(runs);
  // The first has what the setting opens, which has no words; its name tells more.
  expect(conditions.map(({ label }) => label)).toEqual(['a', 'git+messages', 'no channels']);
  expect(conditions.map(({ factors }) => factors)).toEqual([
    { channels: 'default' },
    { channels: 'git+messages' },
    { channels: 'none' },
  ]);
  expect(report(runs.slice(1)).conditions.map(({ label }) => label)).toEqual(['git+messages', 'no channels']);
  expect(report(runs, { labels: { b: 'with git' } }).conditions[1]?.label).toBe('with git');
  const [head = '', ...rows] = csv(runs).trimEnd().split('\r\n');
  expect(head.split(',').at(-1)).toBe('channels');
  expect(rows.map((row) => row.split(',').at(-1))).toEqual([
    ...['default', 'default', 'git+messages', 'git+messages', 'none', 'none'],
  ]);
});

test('faults and options are labelled in words', () => {
  const runs = [
    runOf('a', '1', { channel_faults: {} }),
    runOf('b', '1', { channel_faults: { messages: { drop: 0.2, delay: 5 } } }),
    runOf('c', '1', { channel_faults: { git: { silent: 'agent1' } } }),
  ];
  expect(report(runs).conditions.map(({ label }) => label)).toEqual([
    'no channel faults',
    'messages.drop=0.2 messages.delay=5',
    'git.silent=agent1',
  ]);
});

test('a label never has a URL', () => {
  const runs = [
    runOf('a', '1', { base_url: 'http://x:1/v1' }),
    runOf('b', '1', { base_url: 'http://y:1/v1' }),
  ];
  expect(report(runs).conditions.map(({ label }) => label)).toEqual(['a', 'b']);
});

test('only a condition without a usable label has the name of its run', () => {
  const url = 'http://x:1/v1';
  const runs = [
    runOf('a', '1', { max_cost: 1, base_url: url }),
    runOf('b', '1', { max_cost: 2 }),
    runOf('c', '1', { max_cost: 3 }),
    runOf('d', '1', { max_cost: 'x'.repeat(50) }),
  ];
  expect(report(runs).conditions.map(({ label }) => label)).toEqual([
    ...['a', 'max_cost 2', 'max_cost 3', 'd'],
  ]);
  const named = [runOf('git', '1', { channels: ['messages'] }), runOf('b', '1', { channels: ['git'] })];
  expect(report(named).conditions.map(({ label }) => label)).toEqual(['messages', 'b']);
});

test('a pair whose agents swap seats is another condition', () => {
  const of = (name: string, models: readonly string[]): Run => {
    const run = runOf(name, '1');
    const seats = models.map((model, index) => ({ seat: `agent${index + 1}`, agent: 'a', model }));
    return {
      ...run,
      trials: run.trials.map((one) => ({ ...one, seats: seats as unknown as Trial['seats'] })),
    };
  };
  const swapped = report([of('a', ['x', 'y']), of('b', ['y', 'x']), of('c', ['x', 'x'])]).conditions;
  expect(swapped.map(({ label, factors }) => [label, factors])).toEqual([
    ['x + y', { model: 'x + y' }],
    ['y + x', { model: 'y + x' }],
    ['x', { model: 'x' }],
  ]);
});

test('a marginal effect is the mean over contrasts that differ in one factor alone, paired by pair', () => {
  const level = (channels: string[], max_steps: number) => ({ channels, max_steps });
  const { marginal_effects: effects, pairs_by_condition: pairs } = report([
    runOf('a', '0000', level([], 10)),
    runOf('b', '1000', level(['git'], 10)),
    runOf('c', '0011', level([], 20)),
    runOf('d', '1111', level(['git'], 20)),
    // Differs from every other in both.
    runOf('e', '1111', level(['messages'], 30)),
  ]);
  const figures = effects.map(({ factor, level: to, estimate, contrasts, pairs: n, tasks }) => ({
    ...{ factor, to, estimate, contrasts, n, tasks },
  }));
  // By hand. git against none: (1,0,0,0) with 10 steps, (1,1,0,0) with 20; the means 1, 0.5, 0, 0 have the mean 0.375.
  // 20 against 10 steps: (0,0,1,1) without git, (0,1,1,1) with it; the means 0, 0.5, 1, 1 have the mean 0.625.
  expect(figures).toEqual([
    { factor: 'max_steps', to: '20', estimate: 0.625, contrasts: 2, n: 4, tasks: 4 },
    { factor: 'channels', to: 'git', estimate: 0.375, contrasts: 2, n: 4, tasks: 4 },
  ]);
  // The standard deviation of 1, 0.5, 0, 0 is 0.478714; t of 3 degrees of freedom is 3.182446 (Abramowitz and Stegun).
  const half = (3.182446 * 0.478714) / Math.sqrt(4);
  expect(effects[1]?.interval?.[0]).toBeCloseTo(0.375 - half, 5);
  expect(pairs[0]).toEqual({ pair: 'r/0/f1_f2', passed: ['0 of 1', '1 of 1', '0 of 1', '1 of 1', '1 of 1'] });
});

test('the merge policies of others compare with each other where an agent that works alone comes first', () => {
  const of = (name: string, passed: string, policy: string | null) => {
    const run = runOf(name, passed);
    const own = { setting: policy === null ? ('solo' as const) : ('coop' as const), merge_policy: policy };
    return { ...run, trials: run.trials.map((one) => ({ ...one, ...own })) };
  };
  const effects = report([
    of('a', '1111', null),
    of('b', '0000', 'union'),
    of('c', '1000', 'lead'),
    of('d', '1100', 'lead'),
  ]).marginal_effects;
  // Two runs have the policy lead; the means of both are 1, 0.5, 0, 0.
  expect(effects).toMatchObject([
    { factor: 'merge_policy', level: 'lead', reference: 'union', estimate: 0.375, contrasts: 2 },
  ]);
});

test('no number of pairs finds a difference whose variance is not known', () => {
  const { rows } = buildPowerSection(report([runOf('a', '1111'), runOf('b', '1111')]), 0.1).table;
  expect(rows.map(([, , , ...needed]) => needed)).toEqual([
    ['n/a', 'n/a'],
    ['n/a', 'n/a'],
    ['n/a', 'n/a'],
  ]);
  const ofRepositories = buildPowerSection(report([runOf('a', '1111')], { cluster: 'repo' }), 0.1);
  expect(ofRepositories.notes.join(' ')).not.toMatch(/\btask/);
});

test('conditions that share no pair do not rest on 0 tasks', () => {
  const other = { ...runOf('b', '1'), trials: [trial({ run: 'b', task: 's/1', pair: 's/1/f1_f2' })] };
  const section = sections(report([runOf('a', '1'.repeat(8)), other])).find(
    ({ title }) => title === 'Differences',
  );
  expect(section?.table.rows[0]?.[2]).toBe('0');
  expect(section?.notes.join(' ')).not.toContain('rests on');
});

test('the baseline that is asked for is the only one', () => {
  const runs = [runOf('a', '10'), runOf('b', '11'), runOf('c', '00')];
  const compared = (baseline?: string) =>
    report(runs, { baseline }).comparisons.map(({ baseline: left, other }) => [left, other]);
  expect(compared()).toEqual([
    ['a', 'b'],
    ['a', 'c'],
  ]);
  expect(compared('c')).toEqual([
    ['c', 'a'],
    ['c', 'b'],
  ]);
});

test('repositories may be the clusters, and the tables say so', () => {
  const runs = [runOf('a', '1001')];
  const made = (cluster: 'task' | 'repo') => report(runs, { cluster });
  expect(made('task').conditions[0]?.merged.clusters).toBe(4);
  expect(made('repo').conditions[0]?.merged).toMatchObject({ clusters: 1, interval: null });
  const [tasks, repositories] = (['task', 'repo'] as const).map((cluster) =>
    sections(made(cluster)).find(({ title }) => title === 'Pass rates'),
  );
  expect(tasks?.table.head).toContain('Tasks');
  expect(repositories?.table.head).toContain('Repositories');
  expect(repositories?.notes.join(' ')).not.toMatch(/\btask/);
  const measured = {
    ...runs[0],
    trials: runs[0]?.trials.map((one) => ({ ...one, metrics: [{ name: 'm', value: 1 }] })),
  };
  const notes = sections(report([measured as Run], { cluster: 'repo' })).find(
    ({ title }) => title === 'Metrics',
  );
  expect(notes?.notes).toEqual([
    'Means over pairs; a pair counts the mean of its repetitions. Intervals are clustered by repository.',
    'Some of this rests on 1 repository. With fewer than 8, intervals and p values are rough.',
  ]);
});

test('an agent that works alone is compared with teams under each merge policy', () => {
  const solo = runOf('alone', '1111');
  const teams = [runOf('union', '0011', { x: 1 }), runOf('strict', '0001', { x: 1 })].map((run, index) => ({
    ...run,
    config: undefined,
    trials: run.trials.map((one) => ({ ...one, merge_policy: ['union', 'strict'][index] ?? '' })),
  }));
  const alone = {
    ...solo,
    config: undefined,
    trials: solo.trials.map((one) => ({ ...one, merge_policy: null, setting: 'solo' })),
  };
  const { marginal_effects: effects } = report([alone, ...teams]);
  const setting = effects.find(({ factor }) => factor === 'setting');
  expect(setting).toMatchObject({ level: 'coop', reference: 'solo', contrasts: 2, pairs: 4 });
  // The mean over both policies: (1/2 + 1/4) / 2 of the pairs pass in coop.
  expect(setting?.estimate).toBeCloseTo(0.375 - 1);
  expect(effects.find(({ factor }) => factor === 'merge_policy')).toMatchObject({ contrasts: 1 });
});

test('rates of single tasks have no interval, and repositories have one where tasks are the clusters', () => {
  const runs = [runOf('a', '0101')];
  const heads = (cluster: 'task' | 'repo') =>
    Object.fromEntries(sections(report(runs, { cluster })).map(({ title, table }) => [title, table.head]));
  expect(heads('task')['By task']).not.toContain('95% interval');
  expect(heads('task')['By repository']).toContain('95% interval');
  expect(heads('repo')['By repository']).not.toContain('95% interval');
});

test('each repository has its deficit', () => {
  const [solo, coop] = ['solo', 'coop'].map((setting) => ({
    ...runOf('x', '11110001'),
    config: undefined,
    trials: runOf('x', setting === 'solo' ? '11111111' : '11010001').trials.map((one, index) => ({
      ...one,
      ...{ setting, judged: setting === 'solo' ? ('single' as const) : ('merge' as const) },
      ...{ repo: index < 4 ? 'one' : 'two', id: `${setting}/${one.pair}` },
    })),
  }));
  const made = report([{ ...runOf('x', ''), trials: [...(solo?.trials ?? []), ...(coop?.trials ?? [])] }]);
  expect(made.comparisons[0]?.by_repository).toMatchObject([
    { repository: 'one', pairs: 4, baseline_rate: 1, other_rate: 0.75, deficit: { estimate: 0.25 } },
    { repository: 'two', pairs: 4, baseline_rate: 1, other_rate: 0.25, deficit: { estimate: 0.75 } },
  ]);
  const table = sections(made).find(({ title }) => title === 'Deficit by repository')?.table;
  const warning = 'With fewer than 8, intervals and p values are rough.';
  const notesOf = (title: string) => sections(made).find((section) => section.title === title)?.notes;
  expect(notesOf('Deficit by repository')).toEqual([`Some of this rests on 4 tasks. ${warning}`]);
  expect(notesOf('By repository')).toEqual([`Some of this rests on 4 tasks. ${warning}`]);
  expect(notesOf('Coordination deficit')?.join(' ')).not.toContain(warning);
  expect(table?.rows.map((row) => row.slice(2, 8))).toEqual([
    ['one', '4', '4', '100.0%', '75.0%', '25.0%'],
    ['two', '4', '4', '100.0%', '25.0%', '75.0%'],
  ]);
});

test('a figure tells conditions apart whose long names differ at the end', () => {
  const runs = ['1', '2'].map((end) => runOf(`an-experiment-with-a-name-that-is-very-long-${end}`, '10'));
  const svg = getSvg(drawFigure(report(runs)));
  for (const end of ['1', '2']) expect(svg).toContain(`>an-experiment-wit…me-that-is-very-long-${end}<`);
});
