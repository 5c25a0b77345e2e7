import type { Report } from '../report/report.ts';
import type { Section, Table } from '../report/section.ts';
import { sections } from '../report/sections.ts';
import { formatOneLine } from './safe.ts';

/** Returns the report in GitHub's Markdown. No text becomes a link, an image or HTML. */
export function markdown(report: Report): string {
  const title = `# Report: ${escapeText(report.runs.map(({ name }) => name).join(', '))}`;
  return `${[title, ...sections(report).map(formatSectionText)].join('\n\n')}\n`;
}

function formatSectionText({ title, table, notes }: Section): string {
  return [`## ${title}`, formatTableText(table), ...notes.map(escapeText)].join('\n\n');
}

function formatTableText({ head, rows, right }: Table): string {
  const formatLine = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, index) => (right.includes(index) ? '--:' : ':--'));
  return [
    formatLine(head.map(escapeText)),
    formatLine(rule),
    ...rows.map((row) => formatLine(row.map(escapeText))),
  ].join('\n');
}

function escapeText(text: string): string {
  return formatOneLine(text)
    .replaceAll(/[\\`*_{}[\]()#|~!]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/:\/\/|@|www\./gi, (match) => `${match.slice(0, -1)}\u200b${match.slice(-1)}`);
}
