import { inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { report } from '../report/report.ts';
import type { Run } from '../trials/read-run.ts';
import { trial } from '../trials/trial.test.support.ts';
import { csv } from './csv.ts';
import { buildPdf } from './drawing-pdf.ts';
import { getSvg } from './drawing-svg.ts';
import { drawFigure } from './figure.ts';
import { computeTextWidth, readFont } from './font.ts';
import { html } from './html.ts';
import { latex } from './latex.ts';
import { markdown } from './markdown.ts';

const hostile =
  '\u001b]0;owned\u0007</td><script>alert(1)</script> $x_1$ \\input{/etc/passwd} [a](http://b) | c\u202e';
const run: Run = {
  name: 'run',
  directory: '/run',
  discarded_costs: {},
  problems: [],
  trials: [
    trial({ task: 'r/1', pair: 'r/1/f1_f2', setting: 'solo' }),
    trial({ task: 'r/2', pair: 'r/2/f1_f2', setting: 'solo' }),
    trial({ task: 'r/1', pair: 'r/1/f1_f2', conflicts: [hostile], individual: { agent1: true } }),
    trial({
      ...{ task: 'r/2', pair: 'r/2/f1_f2', verdict: 'failed', model: '=cmd|"x",y' },
      cause: { name: 'textual_conflict', sentence: hostile },
    }),
  ],
};
const made = report([run]);
const seat = {
  ...{
    seat: 'agent1',
    agent: 'a',
    status: 'Submitted',
    cost: 0,
    steps: 1,
    input_tokens: 1,
    output_tokens: 1,
  },
  ...{ seconds: 1, patch_lines: 1, error: null },
};

test('Markdown of hostile content has no HTML, link, formula or other column', () => {
  const text = markdown(made);
  expect(text).toContain(
    '| coop | r/1 | &lt;/td&gt;&lt;script&gt;alert\\(1\\)&lt;/script&gt; $x\\_1$ \\\\input\\{/etc/passwd\\} \\[a\\]\\(http:/\u200b/b\\) \\| c� | 1 |',
  );
  for (const never of ['\u001b', '\u202e', '<script']) expect(text).not.toContain(never);
});

test('a label from a hostile name of a model is no markup in the head of a table', () => {
  const runs = ['[a](http:x)|<b>', 'model'].map((model) => ({
    ...{ ...run, name: model.slice(0, 3) },
    trials: [
      trial({
        ...{ run: model.slice(0, 3), task: 'r/1', pair: 'r/1/f1_f2', model },
        seats: [{ ...seat, model }],
      }),
    ],
  }));
  const made = report(runs);
  expect(made.conditions[0]?.label).toContain('|<b>');
  expect(markdown(made)).toContain('| Pair | \\[a\\]\\(http:x\\)\\|&lt;b&gt; | model |');
});

test('LaTeX of hostile content has no command of it', () => {
  expect(latex(made)).toContain(
    '\\textless{}/td\\textgreater{}\\textless{}script\\textgreater{}alert(1)\\textless{}/script\\textgreater{} \\$x\\_1\\$ \\textbackslash{}input\\{/etc/passwd\\} {[}a](http://b) \\textbar{} c?',
  );
});

/** Returns the tokens of LaTeX: commands, single characters, and comments to the end of their line. */
const tokensOf = (text: string): string[] => text.match(/\\[a-zA-Z]+|\\[^a-zA-Z]|%.*|[\s\S]/gu) ?? [];
const ours = new Set(
  [
    ...['begin', 'end', 'caption', 'centering', 'toprule', 'midrule', 'bottomrule', 'label', 'linewidth'],
    ...['resizebox', 'ifdim', 'width', 'else', 'fi'],
    ...['textbackslash', 'textasciitilde', 'textasciicircum', 'textasciigrave', 'textless', 'textgreater'],
    ...['textbar', 'ldots', '\\', '&', '%', '$', '#', '_', '{', '}'],
  ].map((name) => `\\${name}`),
);

test('LaTeX tokenises into our commands alone, whatever the text, with as many columns in each row', () => {
  const ascii = String.fromCharCode(...Array.from({ length: 95 }, (_, index) => index + 32));
  const texts = [
    ascii,
    [...ascii].reverse().join(''),
    '[5pt] x',
    '*',
    '--no `x`',
    'a\\',
    '^^41',
    'é…→\u0007',
  ];
  const failed = (text: string, index: number) =>
    trial({
      ...{
        task: `r/${index}`,
        pair: `r/${index}/${text}`,
        verdict: 'failed',
        model: text,
        conflicts: [text],
      },
      cause: { name: 'textual_conflict', sentence: text },
    });
  const many = Array.from({ length: 41 }, (_, index) => texts[index % texts.length] ?? '');
  for (const trials of [texts.map(failed), many.map(failed)]) {
    const [first = '', second = '', ...lines] = latex(report([{ ...run, name: ascii, trials }])).split('\n');
    expect([first, second]).toEqual([
      '% Needs \\usepackage{booktabs,graphicx}.',
      '% It has characters beyond ASCII: pdfLaTeX may not know them, LuaLaTeX and XeLaTeX do.',
    ]);
    const tokens = tokensOf(lines.join('\n'));
    expect(tokens.filter((token) => token.startsWith('\\') && !ours.has(token))).toEqual([]);
    expect(tokens.filter((token) => /^[%#_^~`$]/.test(token))).toEqual([]);
    let depth = 0;
    for (const token of tokens) {
      depth += token === '{' ? 1 : token === '}' ? -1 : 0;
      expect(depth).toBeGreaterThanOrEqual(0);
    }
    expect(depth).toBe(0);
    let columns = 0;
    for (const line of lines) {
      const [, spec] = /\\begin\{tabular\}\{(\w*)\}$/.exec(line) ?? [];
      if (spec !== undefined) columns = spec.length;
      if (!line.endsWith('\\\\') || line.includes('\\caption')) continue;
      expect(tokensOf(line).filter((token) => token === '&')).toHaveLength(columns - 1);
      expect(line.trimStart()).not.toMatch(/^[[*]/);
    }
  }
});

test('a number below 0 has a minus sign in LaTeX, and a flag its hyphens', () => {
  const made = report([
    {
      ...run,
      trials: [1, 2, 3].flatMap((index) => [
        trial({
          task: `r/${index}`,
          pair: `r/${index}/f1_f2`,
          setting: 'solo',
          verdict: index < 3 ? 'failed' : 'passed',
        }),
        trial({
          task: `r/${index}`,
          pair: `r/${index}/f1_f2`,
          model: '--x',
          verdict: index < 2 ? 'failed' : 'passed',
        }),
      ]),
    },
  ]);
  expect(latex(made)).toContain('solo & coop & 3 & $-$33.3 points &');
  expect(latex(made)).toContain(' & -{}-x & ');
});

test('LaTeX has the tables that are asked for, each with a label, and by default no list of trials', () => {
  const titles = (text: string) =>
    [...text.matchAll(/\\label\{tab:([a-z0-9-]+)\}/g)].map(([, label]) => label);
  expect(titles(latex(made, ['main', 'deficit']))).toEqual([
    'conditions',
    'pass-rates',
    'coordination-deficit',
  ]);
  expect(titles(latex(made))).toContain('by-repository');
  expect(titles(latex(made))).not.toContain('failed-trials');
  const trials = Array.from({ length: 41 }, (_, index) =>
    trial({ task: `r/${index}`, pair: `r/${index}/f1_f2` }),
  );
  expect(titles(latex(report([{ ...run, trials: trials }]), ['per-task']))).toEqual(['by-task', 'by-task-2']);
});

test('the page loads nothing, runs no script and escapes what it quotes', () => {
  const page = html(made);
  expect(page).toContain('&lt;script>alert(1)&lt;/script>');
  expect(page).not.toMatch(/<script|<link|<img|@import|url\(|src=/);
  expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  expect(page.match(/<svg/g)).toHaveLength(3);
});

test('CSV has a row for each trial, and no cell that a spreadsheet would run', () => {
  const [head = '', ...rows] = csv([run]).trimEnd().split('\r\n');
  expect(head.split(',').slice(0, 5)).toEqual(['run', 'setting', 'repo', 'task', 'pair']);
  expect(rows).toHaveLength(4);
  expect(rows[3]).toContain(`,"'=cmd|""x"",y",failed,false,`);
  expect(csv([{ ...run, trials: [] }])).toBe(`${head}\r\n`);
});

test('a figure has a title of its axis, an axis that fits, whiskers, n, and no markup of its labels', () => {
  const pairs = (setting: string, passed: number) =>
    Array.from({ length: 20 }, (_, index) =>
      trial({
        ...{ task: `r/${index}`, pair: `r/${index}/f1_f2`, setting },
        verdict: index < passed ? 'passed' : 'failed',
      }),
    );
  const svg = getSvg(drawFigure(report([{ ...run, trials: [...pairs('solo', 19), ...pairs('<b>&"', 17)] }])));
  expect(svg).toContain('>Pass rate in %, with 95% intervals that account for shared tasks</text>');
  expect(svg).toContain('>n = 20 pairs, 20 tasks</text>');
  expect(svg).toContain('>&lt;b&gt;&amp;&quot;</text>');
  const ticks = [...svg.matchAll(/text-anchor="middle">(\d+)<\/text>/g)].map(([, tick]) => Number(tick));
  // Wilson's intervals of 17 and 19 of 20 with t of 19 degrees of freedom go from 62 to 99 %.
  expect([ticks[0], ticks.at(-1)]).toEqual([60, 100]);
  expect(svg.match(/stroke-width="1.5"/g)?.length).toBeGreaterThanOrEqual(2);
  expect(svg).not.toMatch(/<script|href|url\((?!data:font\/woff;base64,)/);
});

test('a figure of one task has room for its words, an axis up to 100, and both names of a rate', () => {
  const drawing = drawFigure(
    report([
      {
        ...run,
        trials: ['coop', 'solo'].map((setting) => trial({ task: 'r/1', pair: 'r/1/f1_f2', setting })),
      },
    ]),
  );
  const svg = getSvg(drawing);
  expect(svg).toContain('>n = 1 pair, 1 task, interval not estimable</text>');
  expect(svg).toContain('>merged or passed</text>');
  const ticks = [...svg.matchAll(/text-anchor="middle">(\d+)<\/text>/g)].map(([, tick]) => Number(tick));
  expect(ticks.at(-1)).toBe(100);
  for (const shape of drawing.shapes) {
    if (shape.kind !== 'words') continue;
    const width = computeTextWidth(shape.text, shape.size);
    const left = shape.at[0] - width * { start: 0, middle: 0.5, end: 1 }[shape.anchor];
    expect(left, shape.text).toBeGreaterThan(0);
    expect(left + width, shape.text).toBeLessThan(drawing.width);
  }
});

/** Returns the content of each stream of a PDF, by the number of its object. */
function streamsOf(pdf: Buffer): Map<number, Buffer> {
  const all = [...pdf.toString('latin1').matchAll(/(\d+) 0 obj\n<<[^\n]*?\/Length (\d+)[^\n]*>>\nstream\n/g)];
  return new Map(
    all.map((found) => {
      const start = found.index + found[0].length;
      return [Number(found[1]), inflateSync(pdf.subarray(start, start + Number(found[2])))];
    }),
  );
}

test('a figure as a PDF has all words of the SVG as text, the font, and the same bytes each time', () => {
  const drawing = drawFigure(made);
  const pdf = buildPdf(drawing);
  expect(buildPdf(drawFigure(made)).equals(pdf)).toBe(true);
  const streams = streamsOf(pdf);
  const words = drawing.shapes.flatMap((shape) => (shape.kind === 'words' ? [shape.text] : []));
  expect(words).toContain('coop');
  const characters = new Map(
    [
      ...(streams
        .get(9)
        ?.toString()
        .matchAll(/^<(\w{4})> <(\w{4})>$/gm) ?? []),
    ].map(([, glyph, code]) => [glyph, String.fromCharCode(Number.parseInt(code ?? '', 16))]),
  );
  const drawn = [
    ...(streams
      .get(4)
      ?.toString()
      .matchAll(/<(\w+)> Tj/g) ?? []),
  ].map(([, codes = '']) => (codes.match(/.{4}/g) ?? []).map((glyph) => characters.get(glyph)).join(''));
  expect(drawn).toEqual(words);
  expect(streams.get(8)?.equals(readFont().trueType)).toBe(true);
  // Each object is where the table at the end says.
  const text = pdf.toString('latin1');
  const [, table = ''] = /startxref\n(\d+)\n%%EOF\n$/.exec(text) ?? [];
  const entries = [...text.slice(Number(table)).matchAll(/^(\d{10}) 00000 n $/gm)];
  expect(entries).toHaveLength(10);
  for (const [index, [, at]] of entries.entries())
    expect(text.slice(Number(at)).startsWith(`${index + 1} 0 obj\n`)).toBe(true);
});

test('what the font of a PDF has not is a question mark', () => {
  const words = { kind: 'words', at: [0, 0], anchor: 'start', size: 12 } as const;
  const page = (text: string) =>
    streamsOf(buildPdf({ title: '', width: 10, height: 10, shapes: [{ ...words, text }] }))
      .get(4)
      ?.toString();
  expect(page('日é')).toBe(page('?é'));
  expect(page('é')).not.toBe(page('?'));
});
