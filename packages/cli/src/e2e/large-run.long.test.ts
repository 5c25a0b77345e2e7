import type { Run, Story, Trial } from '@cooperbench/report';
import { writeSimulatedRun } from '@cooperbench/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createScratch, type Scratch } from './cli.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';

const scratch: Scratch = createScratch(afterAll);

/** Runs a command that must succeed without a warning. */
async function readOutput(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cooperbench(scratch, [...args, '--log-dir', scratch.logs]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

let trials: Run['trials'];

/** Returns all pairs of the public dataset in two settings, and some of them with another model. */
beforeAll(async () => {
  expect(await writeSimulatedRun(scratch.logs, 'whole')).toBe(1304);
  expect(await writeSimulatedRun(scratch.logs, 'other', { settings: ['coop'], model: 'b', pairs: 60 })).toBe(
    60,
  );
  trials = (JSON.parse(await readOutput('show', 'whole', '--json')) as Run).trials;
});

test('the table of a run has a row for each trial, failures first, and ends with the counts', async () => {
  const count = (verdict: Trial['verdict']): number =>
    trials.filter((trial) => trial.verdict === verdict).length;
  const lines = (await readOutput('show', 'whole')).trimEnd().split('\n');
  expect(lines).toHaveLength(1 + 1304 + 2);
  expect(lines[1]).toMatch(/^coop\/\S+ +failed /);
  expect(lines.at(-1)).toBe(
    `1304 trials: ${count('failed')} failed, ${count('error')} errors, ${count('none')} not evaluated, ${count('passed')} passed`,
  );
  for (const verdict of ['failed', 'error', 'none', 'passed'] as const)
    expect(count(verdict)).toBeGreaterThan(5);
});

test('the report of a run keeps its rates in sight: lists of trials show their first rows', async () => {
  const report = await readOutput('report', 'whole');
  expect(report.split('\n').length).toBeLessThan(300);
  expect(report).toMatch(/Coordination deficit\n.*\n {2}solo +coop +\d{3} +30 /);
  for (const list of ['What flipped', 'Failed trials', 'Infrastructure errors'])
    expect(report).toMatch(new RegExp(`^${list}\\n(?: {2}.*\\n){21} {2}\\d+ more rows: `, 'm'));
  for (const cause of [
    'own feature failed alone',
    'textual conflict',
    'semantic conflict',
    'a patch does not apply',
  ])
    expect(report).toContain(cause);
});

test.for([
  ['csv', (text: string) => text.trimEnd().split('\n').length, 1 + 1304 + 60],
  ['markdown', (text: string) => text.match(/^#+ By task$/gm)?.length, 1],
  [
    'latex',
    (text: string) => text.includes('\\label{tab:by-task-2}') && !text.includes('tab:failed-trials'),
    true,
  ],
  ['html', (text: string) => text.includes('<svg') && text.endsWith('</html>\n'), true],
] as const)('two runs as %s', async ([format, of, expected]) => {
  expect(of(await readOutput('report', 'whole', 'other', '--format', format))).toBe(expected);
});

test('one trial of each cause is explained', async () => {
  const causes = Map.groupBy(
    trials.filter(({ cause }) => cause),
    ({ cause }) => cause?.name,
  );
  expect(causes.size).toBe(7);
  for (const [trial] of causes.values()) {
    const id = trial?.id ?? '';
    const text = await readOutput('show', 'whole', id);
    const [first, sentence] = text.split('\n');
    expect(first).toBe(`${id}: ${trial?.verdict}`);
    expect(sentence).toContain(`  ${trial?.cause?.sentence.replaceAll(/\s+/g, ' ')}`);
    expect(text).toContain('\nTime line\n');
  }
  const conflict = causes.get('textual_conflict')?.[0]?.id ?? '';
  const story = JSON.parse(await readOutput('show', 'whole', conflict, '--json')) as Story;
  expect(story.conversation.length).toBeGreaterThan(0);
  expect(story.first_failing_test?.message).toContain('AssertionError');
});
