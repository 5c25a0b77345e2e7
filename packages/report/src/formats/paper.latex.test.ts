import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeSimulatedRun } from '@cooperbench/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Report, report } from '../report/report.ts';
import { type Run, readRun } from '../trials/read-run.ts';
import { buildPdf } from './drawing-pdf.ts';
import { drawFigure } from './figure.ts';
import { latex } from './latex.ts';

const run = promisify(execFile);
const root = mkdtempSync(join(tmpdir(), 'cooperbench-latex-'));
const file = (name: string) => join(root, name);
let made: Report;

beforeAll(async () => {
  const names = Array.from({ length: 10 }, (_, index) => `an-experiment-with-a-long_name-${index + 1}`);
  const runs: Run[] = [];
  for (const name of names) {
    await writeSimulatedRun(root, name, { pairs: 60, repetitions: 2 });
    runs.push(await readRun(root, name));
  }
  made = report(runs);
  writeFileSync(file('report.tex'), latex(made));
  writeFileSync(file('figure.pdf'), buildPdf(drawFigure(made)));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Compiles a paper, and resolves with the log. */
async function compile(body: string): Promise<string> {
  const head = '\\documentclass{article}\\usepackage{booktabs,graphicx}';
  writeFileSync(file('paper.tex'), `${head}\\begin{document}${body}\\end{document}\n`);
  const flags = ['-interaction=nonstopmode', '-halt-on-error', 'paper.tex'];
  await run('pdflatex', flags, { cwd: root, maxBuffer: 1e8 }).catch(() => {});
  return readFileSync(file('paper.log'), 'utf8');
}

test('the tables of ten runs compile, and none is wider than the text', async () => {
  const log = await compile('\\input{report}');
  expect(log).not.toMatch(/^! .*$/m);
  expect(log).not.toMatch(/^Overfull .*$/m);
  const pages = Number(/Output written on paper\.pdf \((\d+) pages/.exec(log)?.[1]);
  expect(pages).toBeGreaterThan(5);
  const { stdout } = await run('pdftotext', [file('paper.pdf'), '-']);
  for (const title of ['Pass rates', 'Coordination deficit', 'Why trials failed'])
    expect(stdout).toContain(title);
});

test('the figure stands in a paper with all its labels, in an embedded font', async () => {
  const log = await compile(
    '\\noindent\\includegraphics[width=\\linewidth,height=\\textheight,keepaspectratio]{figure}',
  );
  expect(log).not.toMatch(/^(?:! |Overfull |pdfTeX warning).*$/m);
  const fonts = (await run('pdffonts', [file('figure.pdf')])).stdout.trim().split('\n').slice(2);
  expect(fonts.map((line) => line.split(/\s+/).slice(0, 8))).toEqual([
    ['PTSans-Regular', 'CID', 'TrueType', 'Identity-H', 'yes', 'no', 'yes', '5'],
  ]);
  const { stdout } = await run('pdftotext', ['-layout', file('paper.pdf'), '-']);
  for (const shape of drawFigure(made).shapes)
    if (shape.kind === 'words') expect(stdout).toContain(shape.text);
});
