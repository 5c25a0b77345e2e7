import { expect, test } from 'vitest';
import { mapChanges } from './collisions.ts';
import { listSharedFiles } from './shared-files.ts';
import type { WorkedStep } from './steps.ts';
import { listSuspects } from './suspects.ts';

const step = (number: number, commands: string): WorkedStep => ({
  ...{ step: number, seconds: number, message: null, messages: [], summary: '', communicates: false },
  ...{ model_seconds: null, command_seconds: null, cost: null, total_cost: null },
  ...{ input_tokens: null, output_tokens: null, commands },
});
const added = (path: string, lines: number): string => {
  const text = Array.from({ length: lines }, (_, index) => `+const value${index} = compute(${index});\n`);
  return `--- a/${path}\n+++ b/${path}\n@@ -0,0 +1,${lines} @@\n${text.join('')}`;
};

/** Seconds of processor time. */
function spentOn(work: () => void): number {
  const before = process.cpuUsage();
  work();
  return process.cpuUsage(before).user / 1e6;
}

test('the first step that writes a file has a line of its patch', () => {
  const steps = [step(1, 'cat a.js'), step(2, 'tee a.js\nconst value0 = compute(0);'), step(3, 'rm a.js')];
  expect(listSharedFiles([{ seat: 'x', patch: added('a.js', 1), paths: ['a.js'], steps }], [])).toMatchObject(
    [{ path: 'a.js', seats: { x: { first_step: 2, in_patch: true } } }],
  );
});

test('many steps that wrote none of the lines are looked through once for each file', () => {
  const steps = Array.from({ length: 2000 }, (_, index) => step(index + 1, 'x'.repeat(2000)));
  const paths = ['a.js', 'b.js', 'c.js'];
  const patch = paths.map((path) => added(path, 20)).join('');
  // Measured: 0.1 s. Once for each step takes minutes.
  expect(spentOn(() => listSharedFiles([{ seat: 'x', patch, paths, steps }], []))).toBeLessThan(5);
});

test('a hostile patch with very many files takes linear time', () => {
  const paths = Array.from({ length: 45_000 }, (_, index) => `f${index}.js`);
  const patch = paths.map((path) => added(path, 1)).join('');
  const byPath = mapChanges(patch);
  const places = [...Array.from({ length: 7 }, (_, line) => `z.js:${line}`), 'src/f7.js:1'];
  const failing = { name: 'a', message: 'b', places };
  // Measured: 1 s with the parsing of the patch; looking at all files for each of them took 15 s.
  const spent = spentOn(() => {
    listSharedFiles([{ seat: 'x', patch, paths, steps: [] }], []);
    for (let run = 0; run < 160; run += 1) expect(listSuspects(failing, byPath, [])).toHaveLength(1);
  });
  expect(spent).toBeLessThan(5);
});
