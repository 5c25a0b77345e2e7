import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createScratch, type Scratch } from './cli.test.support.ts';
import { shellDataset } from './dataset.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';

const scratch: Scratch = createScratch(afterAll);

const dataset = join(scratch.root, 'dataset');
const run = (...extraArgs: string[]) =>
  cooperbench(scratch, [
    ...['run', '-a', 'oracle', '-m', 'none', '--backend', 'local', '--dataset-dir', dataset],
    ...['--log-dir', scratch.logs, ...extraArgs],
  ]);

/** Two tasks in both settings: solo passes both; coop fails one, because a seat hands in nothing. */
beforeAll(async () => {
  shellDataset(dataset, { tasks: [1, 2] });
  expect(await run('-n', 'alone', '--setting', 'solo')).toMatchObject({ code: 0, stderr: '' });
  expect(await run('-n', 'together')).toMatchObject({ code: 0, stderr: '' });
  expect(await run('-n', 'half', '--seat', 'agent2=nop')).toMatchObject({ code: 0, stderr: '' });
});

const report = (...args: string[]) => cooperbench(scratch, ['report', ...args, '--log-dir', scratch.logs]);

test('one run: rates, use by seat, causes', async () => {
  const { code, stdout, stderr } = await report('half');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('  coop       merged       0.0%  0.0% to 98.8%');
  expect(stdout).toMatch(/Why trials failed\n.*\n {2}coop {7}nothing submitted {7}2 {9}100\.0%/);
  expect(stdout).toContain('agent2 submitted nothing; feature 2 fails');
  expect(stdout).not.toContain('deficit');
});

test('several runs: the deficit of each on the shared pairs, and what flipped, as one object', async () => {
  const { stdout } = await report('alone', 'together', 'half', '--json');
  const { conditions, comparisons } = JSON.parse(stdout);
  expect(
    conditions.map(({ label, merged }: { label: string; merged: { rate: number } }) => [label, merged.rate]),
  ).toEqual([
    ['solo, oracle', 1],
    ['coop, oracle', 1],
    ['coop, oracle + nop', 0],
  ]);
  expect(comparisons).toMatchObject([
    { baseline: 'solo, oracle', other: 'coop, oracle', pairs: 2, deficit: { estimate: 0 }, flipped: [] },
    { baseline: 'solo, oracle', other: 'coop, oracle + nop', pairs: 2, deficit: { estimate: 1 } },
    {
      baseline: 'coop, oracle',
      other: 'coop, oracle + nop',
      pairs: 2,
      deficit: null,
      mcnemar: { only_baseline: 2, p: 0.5 },
    },
  ]);
});

test('a run with repetitions has pass@k and pass^k, and its pairs count once', async () => {
  const { code, stdout } = await run('-n', 'often', '--setting', 'solo', '-t', '1', '--repeat', '2');
  expect(code).toBe(0);
  expect(stdout).toContain('\n  solo: pass@2 100.0%, pass^2 100.0% (of 1 pair with 2 verdicts)\n');
  const { conditions } = JSON.parse((await report('often', '--json')).stdout);
  expect(conditions).toMatchObject([
    {
      ...{ trials: 2, pairs: 1, repetitions: 2, merged: { rate: 1, observations: 1 } },
      pass_at_k: [{ k: 1 }, { k: 2, pairs: 1, pass_at_k: 1, pass_hat_k: 1 }],
    },
  ]);
});

test.for(['markdown', 'csv', 'latex', 'html'])(
  '--format %s goes to standard output, or to a file',
  async (format) => {
    const { code, stdout } = await report('alone', 'half', '--format', format);
    expect(code).toBe(0);
    expect(stdout.length).toBeGreaterThan(300);
    const file = join(scratch.root, `report.${format}`);
    expect(await report('alone', 'half', '--format', format, '--output', file)).toMatchObject({
      code: 0,
      stdout: '',
    });
    expect(readFileSync(file, 'utf8')).toBe(stdout);
  },
);

test('--json --output writes the object to the file, and nothing to standard output', async () => {
  const { stdout: expected } = await report('alone', '--json');
  const file = join(scratch.root, 'report.json');
  expect(await report('alone', '--json', '--output', file)).toMatchObject({
    code: 0,
    stdout: '',
    stderr: '',
  });
  expect(readFileSync(file, 'utf8')).toBe(expected);
});

test('what cannot be done is refused with exit code 2', async () => {
  const output = join(scratch.root, 'none/report.html');
  expect(await report('alon')).toMatchObject({
    code: 2,
    stderr: `Error: There is no run "alon" in ${scratch.logs}.\nDid you mean "alone"?\n`,
  });
  expect(await report('alone', '--format', 'html', '--output', output)).toMatchObject({
    code: 2,
    stderr: `Error: ${output} cannot be written: ENOENT: no such file or directory, open '${output}'\nCheck --output.\n`,
  });
  expect(await report('alone', '--output', output)).toMatchObject({
    code: 2,
    stderr:
      'Error: --output needs --json, or a --format other than terminal.\nFor example --format html --output report.html.\n',
  });
});

test.for(['html', 'terminal'])('--json and --format %s exclude each other', async (format) => {
  const output = join(scratch.root, 'both');
  const { code, stdout } = await report('alone', '--json', '--format', format, '--output', output);
  expect({ code, said: JSON.parse(stdout) }).toEqual({
    code: 2,
    said: {
      error: {
        code: 'USAGE',
        message: expect.stringContaining('--json=true cannot also be provided when using --format'),
      },
    },
  });
  expect(existsSync(output)).toBe(false);
});

test('a run without trials says so', async () => {
  mkdirSync(join(scratch.logs, 'empty'));
  const output = { code: 0, stdout: 'No trials.\n', stderr: '' };
  expect(await report('empty')).toMatchObject(output);
  expect(await cooperbench(scratch, ['show', 'empty', '--log-dir', scratch.logs])).toMatchObject(output);
});

test('the age of a run is one word, which a narrow terminal does not break', async () => {
  const run = join(scratch.logs, 'old');
  mkdirSync(run);
  const completed_at = new Date(Date.now() - 95 * 60_000).toISOString();
  writeFileSync(join(run, 'summary.json'), JSON.stringify({ completed_at }));
  const { stdout } = await cooperbench(scratch, ['list', 'runs', '--log-dir', scratch.logs]);
  expect(stdout.split('\n').find((line) => line.startsWith('old\t'))).toMatch(/\t1h$/);
});

test('--merge-policy counts the verdicts under one policy, in every format', async () => {
  const { conditions, merge_policy } = JSON.parse(
    (await report('together', 'half', '--merge-policy', 'strict', '--json')).stdout,
  );
  expect(merge_policy).toBe('strict');
  expect(conditions).toMatchObject([
    { label: 'oracle', merge_policies: ['strict'], passed: 2, not_evaluated: 0 },
    { label: 'oracle + nop', merge_policies: ['strict'], failed: 2 },
  ]);
  for (const format of ['markdown', 'latex', 'html', 'csv']) {
    const { stdout } = await report('together', '--merge-policy', 'strict', '--format', format);
    expect(stdout).toContain('strict');
    expect(stdout).not.toContain('union');
    expect((await report('together', '--format', format)).stdout).toContain('union');
  }
  expect((await report('together')).stdout).toMatch(/Merge policy.*\n *coop +oracle +union +2 /);
  expect(await report('together', '--merge-policy', 'strickt')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('"strickt"'),
  });
});

test('--power is part of --json, and --table belongs to LaTeX', async () => {
  const { stdout } = await report('alone', 'half', '--power', '10', '--json');
  const { power, comparisons } = JSON.parse(stdout);
  expect(power.points).toBe(10);
  expect(power.needed[0]).toMatchObject({ pairs: comparisons[0].pairs, clusters: comparisons[0].tasks });
  const file = join(scratch.root, 'power.json');
  await report('alone', 'half', '--power', '10', '--json', '--output', file);
  expect(readFileSync(file, 'utf8')).toBe(stdout);
  expect(await report('alone', '--power', '10', '--format', 'html')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--format=html cannot also be provided when using --power'),
  });
  expect(await report('half', '--format', 'markdown', '--table', 'main')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--table chooses tables of LaTeX; the format is markdown.'),
  });
});

test('a figure stands beside what else is asked for', async () => {
  const figure = join(scratch.root, 'figure.svg');
  expect(await report('alone', '--figure', figure)).toMatchObject({ code: 0, stdout: '', stderr: '' });
  const alone = readFileSync(figure, 'utf8');
  expect(alone).toMatch(/^<svg /);
  for (const format of [['--format', 'markdown'], ['--json'], ['--power', '10']]) {
    const { stdout } = await report('alone', ...format);
    writeFileSync(figure, '');
    expect((await report('alone', '--figure', figure, ...format)).stdout).toBe(stdout);
    expect(readFileSync(figure, 'utf8')).toBe(alone);
  }
  const pdf = join(scratch.root, 'figure.pdf');
  expect(await report('alone', '--figure', pdf)).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect(readFileSync(pdf, 'latin1')).toMatch(/^%PDF-1\.4\n.*%%EOF\n$/s);
  expect(await report('alone', '--figure', 'figure.png')).toMatchObject({
    code: 2,
    stderr:
      'Error: --figure is "figure.png"; expected a name that ends in .svg or .pdf.\nLaTeX takes .pdf, web pages .svg.\n',
  });
});

test('a note that show adds is in show, report and the CSV', async () => {
  const show = (...args: string[]) => cooperbench(scratch, ['show', ...args, '--log-dir', scratch.logs]);
  const ending = await show(
    'half',
    '1/f1_f2',
    '--note',
    'Nobody wrote it.',
    '--label',
    'none',
    '--by',
    'ann',
  );
  expect(ending).toMatchObject({ code: 0, stderr: '' });
  expect(ending.stdout).toContain('  ann labels it none: Nobody wrote it.\n');
  const { stdout } = await report('half');
  expect(stdout).toMatch(/\n {2}coop {7}ann {6}no label +1 +100\.0%/);
  expect(stdout).toMatch(/Notes\n.*\n {2}half .*ann {2}none {4}Nobody wrote it\./);
  expect((await report('half', '--format', 'csv')).stdout).toContain(',ann: none,ann: Nobody wrote it.,');
  expect(await show('half', '--note', 'x')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('A note needs a trial.'),
  });
  expect(await show('together', '1/f1_f2', '--label', 'commitment')).toMatchObject({
    code: 0,
    stderr: 'Warning: the label does not count: no merged patches failed here.\n',
  });
});
