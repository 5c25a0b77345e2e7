import { type ComponentChild, h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { Report } from '../report/report.ts';
import type { Section } from '../report/section.ts';
import { rateName, sections } from '../report/sections.ts';
import { causes } from '../trials/cause.ts';
import { type Estimate, renderBarPlot, renderIntervalPlot } from './plots.ts';
import { formatOneLine } from './safe.ts';

/** One page with plots that needs no other file and no network, and runs no script. Preact escapes every text. */
export function html(report: Report): string {
  const title = `Report: ${formatOneLine(report.runs.map(({ name }) => name).join(', '))}`;
  const page = h('html', { lang: 'en' }, [
    h('head', null, [
      h('meta', { charset: 'utf-8' }),
      h('meta', { 'http-equiv': 'Content-Security-Policy', content: policy }),
      h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      h('title', null, title),
      h('style', { dangerouslySetInnerHTML: { __html: style } }),
    ]),
    h(
      'body',
      null,
      h('main', null, [
        h('h1', null, title),
        ...renderPlots(report),
        ...sections(report).map(renderSectionNode),
      ]),
    ),
  ]);
  return `<!doctype html>\n${renderToString(page)}\n`;
}

const policy = "default-src 'none'; style-src 'unsafe-inline'";

// The one text that is not escaped. It is ours.
const style = `
:root { color-scheme: light dark; --line: light-dark(#6e6e78, #a0a0aa); --mark: light-dark(#1a5fb4, #8ab8ff); }
body { font: 15px/1.45 system-ui, sans-serif; margin: 0; }
main { max-width: 1100px; margin: 0 auto; padding: 1rem; }
h2 { margin: 2.2rem 0 .6rem; font-size: 1.15rem; }
figure { margin: 1.5rem 0; overflow-x: auto; }
figcaption { font-weight: 600; margin-bottom: .4rem; }
svg { width: 100%; min-width: 560px; max-width: 820px; height: auto; }
svg text { font: 12.5px system-ui, sans-serif; fill: currentColor; }
.grid { stroke: var(--line); stroke-opacity: .3; } .zero { stroke: var(--line); }
.interval { stroke: var(--mark); stroke-width: 2.5; } .mark, .bar { fill: var(--mark); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .28rem .7rem; border-bottom: 1px solid color-mix(in srgb, var(--line) 40%, transparent); text-align: left; vertical-align: top; }
th { white-space: nowrap; } .number { text-align: right; white-space: nowrap; }
p { max-width: 75ch; }
`;

function renderPlots({ conditions, comparisons }: Report): ComponentChild[] {
  const rates = (['merged', 'overall', 'individual'] as const).flatMap((name) =>
    conditions.flatMap((condition): Estimate[] => {
      const { rate: value, interval } = condition[name];
      return value === null
        ? []
        : [{ label: `${formatOneLine(condition.label)} ${rateName(name, condition)}`, value, interval }];
    }),
  );
  const against = comparisons.flatMap(({ baseline, other, deficit }): Estimate[] => {
    const value = deficit?.estimate ?? null;
    if (value === null) return [];
    return [
      { label: formatOneLine(`${other} against ${baseline}`), value, interval: deficit?.interval ?? null },
    ];
  });
  const failedCauses = Object.entries(causes).flatMap(([name, words]) =>
    conditions.flatMap(({ label, causes: counts }) => {
      const count = counts[name as keyof typeof causes] ?? 0;
      return count === 0 ? [] : [{ label: `${formatOneLine(label)}: ${words}`, count }];
    }),
  );
  return [
    ...(rates.length > 0 ? [renderIntervalPlot('Pass rates with 95% intervals', rates)] : []),
    ...(against.length > 0 ? [renderIntervalPlot('Coordination deficit with 95% intervals', against)] : []),
    ...(failedCauses.length > 0 ? [renderBarPlot('Failed trials by cause', failedCauses)] : []),
  ];
}

function renderSectionNode({ title, table: { head, rows, right }, notes }: Section): ComponentChild {
  const kind = (index: number) => (right.includes(index) ? { class: 'number' } : {});
  return h('section', null, [
    h('h2', null, title),
    h('div', { class: 'scroll' }, [
      h('table', null, [
        h(
          'thead',
          null,
          h(
            'tr',
            null,
            head.map((text, index) => h('th', { scope: 'col', ...kind(index) }, formatOneLine(text))),
          ),
        ),
        h(
          'tbody',
          null,
          rows.map((row) =>
            h(
              'tr',
              null,
              row.map((text, index) => h('td', kind(index), formatOneLine(text))),
            ),
          ),
        ),
      ]),
    ]),
    ...notes.map((note) => h('p', null, formatOneLine(note))),
  ]);
}
