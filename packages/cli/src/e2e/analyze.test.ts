import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createScratch, type Scratch } from './cli.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';

const scratch: Scratch = createScratch(afterAll);
const trial = 'coop/x_task/1/f1_f2';
const analyze = (...args: string[]) =>
  cooperbench(scratch, ['analyze', 'run', '--log-dir', scratch.logs, ...args]);
const other = (command: string, ...args: string[]) =>
  cooperbench(scratch, [command, 'run', ...args, '--log-dir', scratch.logs]);

/** Returns a failed pair of the Python original, whose agents try a terminal. */
beforeAll(() => {
  const folder = join(scratch.logs, 'run', trial);
  mkdirSync(folder, { recursive: true });
  const write = (name: string, content: unknown): void =>
    writeFileSync(join(folder, name), JSON.stringify(content));
  const seat = (feature_id: number) => ({
    feature_id,
    status: 'Submitted',
    cost: 0.1,
    steps: 4,
    error: null,
  });
  write('result.json', { setting: 'coop', model: 'g', agents: { agent1: seat(1), agent2: seat(2) } });
  write('conversation.json', [
    { from: 'agent1', to: 'agent2', message: 'I leave \u001b[2Jparser.py to you', timestamp: 1 },
  ]);
  const merge = { status: 'conflicts', strategy: null, policy: 'naive', conflicts: ['parser.py'] };
  write('eval.json', { merge, both_passed: false, error: null });
});

/** Returns a script whose passes say these. */
function script(...passes: string[]): string {
  const file = join(scratch.root, 'judge.json');
  const scripts = passes.map((say, index) => ({
    match: { seat: `pass${index + 1}`, task: 'x_task/task1' },
    turns: [{ say, usage: { cost: 0.02, input_tokens: 100, output_tokens: 9 } }],
  }));
  writeFileSync(file, JSON.stringify({ scripts }));
  return `scripted/${file}`;
}

const commitment = JSON.stringify({
  labels: [{ name: 'commitment', quotes: [{ message: 1, text: 'I leave \u001b[2Jparser.py to you' }] }],
});

test('without a terminal and without --yes, no model is called', async () => {
  const { code, stdout, stderr } = await analyze('--model', script(commitment, commitment));
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(
    /^1 failed pair\.\nNo model is called.*\n2 calls of scripted\/.*, about [\d,]+ input tokens: \$0\.00, plus what the model spends on reasoning\.\nError: The calls cost money, and confirming them needs a terminal\.\nIf you agree to the cost, add --yes\.\n$/,
  );
});

test('labels, quotes and cost are printed and kept, and report and show print them too', async () => {
  const model = script(commitment, commitment);
  const first = await analyze('--model', model, '--yes');
  expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining('\nCost: $0.04.\n') });
  expect(first.stdout).toMatch(/commitment +1 +100\.0% +0 +100\.0% +not estimable\n/);
  expect(first.stdout).toContain('agent1: I leave parser.py to you');
  const kept = JSON.parse(readFileSync(join(scratch.logs, 'run', trial, 'analysis.json'), 'utf8'));
  expect(kept.analyses).toMatchObject([
    { model, rubric: 1, passes: [{ cost: 0.02 }, { input_tokens: 100 }] },
  ]);

  const ending = await analyze('--model', model, '--json');
  expect(ending).toMatchObject({ code: 0, stderr: '1 failed pair: 1 analysed already.\n' });
  expect(JSON.parse(ending.stdout)).toMatchObject({
    ...{ run: 'run', model, cost: 0, cost_known: true, unanswered: [] },
    labels: { trials: 1, none: 0 },
    trials: [{ trial, passes: [{ labels: [{ name: 'commitment', supported: true }] }, {}] }],
  });

  const shownLines = [await other('report'), await other('show', trial)].map(({ stdout }) => stdout);
  expect(shownLines[0]).toMatch(
    /Failures of coordination, as models and people label them\n.*\n.*expectation +0 +0\.0%/,
  );
  expect(shownLines[1]).toMatch(
    /\n {2}scripted\/\S+ labels it: commitment\n {4}agent1: I leave parser\.py to you\n\nTime line/,
  );
  for (const text of [first.stdout, ...shownLines]) expect(text).not.toContain('\u001b');
});

test('an unusable answer costs money, is reported, and exits with 1', async () => {
  const fresh = join(scratch.root, 'second.json');
  writeFileSync(fresh, JSON.stringify({ scripts: [{ turns: [{ say: 'Sorry.' }, { say: 'Sorry.' }] }] }));
  const refusal = await analyze('--model', `scripted/${fresh}`, '--yes');
  expect(refusal.code).toBe(1);
  expect(refusal.stderr).toContain(
    `1/1 ${trial}: no usable answer\nCost: $0.00.\nThe model gave no usable answer for 1 pair. Repeat the command to ask again.\n`,
  );
});

test('an unknown run and a model that cannot be used are refused', async () => {
  const unknown = await cooperbench(scratch, ['analyze', 'rnu', '--model', 'x', '--log-dir', scratch.logs]);
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean "run"?') });
  expect(await analyze('--model', 'gpt-5', '--yes')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('OPENAI_API_KEY'),
  });
});
