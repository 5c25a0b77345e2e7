import { expect, test } from 'vitest';
import { csv } from '../formats/csv.ts';
import { latex } from '../formats/latex.ts';
import type { Note } from '../notes/note.ts';
import { labelSections } from '../report/label-sections.ts';
import { report } from '../report/report.ts';
import type { Run } from '../trials/read-run.ts';
import { trial } from '../trials/trial.test.support.ts';
import type { Trial } from '../trials/trial.ts';
import { type Label, rubricVersion } from './rubric.ts';

const note = (by: string, labels?: readonly Label[], text = ''): Note => ({
  by,
  at: '',
  text,
  ...(labels && { labels }),
});

function failed(task: number, notes: readonly Note[], model?: readonly Label[]): Trial {
  const givenValue = (model ?? []).map((name) => ({ name, supported: true, quotes: [], refused_quotes: 0 }));
  const pass = {
    labels: givenValue,
    cost: 0,
    cost_known: true,
    input_tokens: 0,
    output_tokens: 0,
    analyzed_at: '',
  };
  const analysis = {
    model: 'judge',
    rubric: rubricVersion,
    content_hash: '',
    outcome: '',
    passes: [pass, pass],
  };
  return trial({
    task: `x_task/${task}`,
    pair: `x_task/${task}/f1_f2`,
    verdict: 'failed',
    notes,
    ...(model && { analyses: [analysis] }),
  });
}

function run(trials: readonly Trial[]): Run {
  return { name: 'run', directory: '/run', trials, discarded_costs: {}, problems: [] };
}

test('the kappa of two people equals the one computed by hand', () => {
  // Of 10 trials, ann and bob give "commitment" to: both 4, ann alone 1, bob alone 2, neither 3.
  // p_o = 7/10; p_e = 5/10 · 6/10 + 5/10 · 4/10 = 0.5; kappa = (0.7 - 0.5) / (1 - 0.5) = 0.4.
  const both: [Label[], Label[]][] = [
    ...Array.from({ length: 4 }, (): [Label[], Label[]] => [['commitment'], ['commitment']]),
    [['commitment'], []],
    ...Array.from({ length: 2 }, (): [Label[], Label[]] => [[], ['commitment']]),
    ...Array.from({ length: 3 }, (): [Label[], Label[]] => [[], []]),
  ];
  const trials = both.map(([ann, bob], index) => failed(index, [note('bob', bob), note('ann', ann)]));
  const made = report([run([...trials, failed(99, [note('ann', ['commitment'])])])]);
  expect(made.labelers).toMatchObject([
    {
      labelers: ['ann', 'bob'],
      trials: 10,
      labels: [
        { name: 'expectation', agreement: { items: 10, agreement: 1, kappa: null } },
        { name: 'commitment', agreement: { items: 10, agreement: 0.7, kappa: expect.closeTo(0.4, 10) } },
        { name: 'communication', agreement: { kappa: null } },
      ],
      first: { items: 10, kappa: expect.closeTo(0.4, 10) },
    },
  ]);
  expect(made.conditions[0]?.people).toMatchObject([
    { by: 'bob', trials: 10 },
    { by: 'ann', trials: 11, none: 5 },
  ]);
  const agreement = labelSections(made).find(({ title }) => title === 'Agreement of labelers');
  expect(agreement?.table.rows).toEqual([
    ['ann', 'bob', 'expectation', '10', '100.0%', 'not estimable'],
    ['ann', 'bob', 'commitment', '10', '70.0%', '0.40'],
    ['ann', 'bob', 'communication', '10', '100.0%', 'not estimable'],
    ['ann', 'bob', 'first label', '10', '70.0%', '0.40'],
  ]);
  const tables = latex(made, ['labels']);
  for (const title of ['as models and people label them', 'Agreement of labelers'])
    expect(tables).toContain(title);
});

test("a person's last labels count, beside those that a model gave twice, and only where a pair failed", () => {
  const changed = [
    note('ann', ['expectation']),
    note('ann', ['commitment']),
    note('ann', undefined, 'Look, again.'),
  ];
  const trials = [
    failed(1, changed, ['commitment']),
    failed(2, [note('ann', [])], ['expectation']),
    { ...failed(3, changed), verdict: 'passed' as const },
    { ...failed(4, changed), judged: 'single' as const },
  ];
  const made = report([run(trials)]);
  expect(made.labelers).toMatchObject([
    { labelers: ['ann', 'judge'], trials: 2, first: { items: 2, agreement: 0.5 } },
  ]);
  const [counts, , , notes] = labelSections(made);
  expect(counts?.table.rows.at(-1)).toEqual(['coop', 'ann', 'no label', '1', '50.0%', '', '', '']);
  expect(notes?.table.rows.slice(0, 3)).toEqual([
    ['run', trials[0]?.id, 'ann', 'expectation', ''],
    ['run', trials[0]?.id, 'ann', 'commitment', ''],
    ['run', trials[0]?.id, 'ann', '', 'Look, again.'],
  ]);
  const [head = '', row = ''] = csv([run(trials)]).split('\r\n');
  const cells = Object.fromEntries(head.split(',').map((name, index) => [name, row.split(',')[index]]));
  expect(cells).toMatchObject({ labels: 'judge: commitment', labels_of_people: 'ann: commitment' });
  expect(row).toContain('"ann: Look, again."');
});
