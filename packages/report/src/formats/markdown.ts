import type { Report } from '../report/report.ts';
import type { Section, Table } from '../report/section.ts';
import { sections } from '../report/sections.ts';
import { oneLine } from './safe.ts';

/** The report in GitHub's Markdown. No text becomes a link, an image or HTML. */
export function markdown(report: Report): string {
  const title = `# Report: ${escapeText(report.runs.map(({ name }) => name).join(', '))}`;
  return `${[title, ...sections(report).map(sectionText)].join('\n\n')}\n`;
}

function sectionText({ title, table, notes }: Section): string {
  return [`## ${title}`, tableText(table), ...notes.map(escapeText)].join('\n\n');
}

function tableText({ head, rows, right }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, index) => (right.includes(index) ? '--:' : ':--'));
  return [line(head.map(escapeText)), line(rule), ...rows.map((row) => line(row.map(escapeText)))].join('\n');
}

function escapeText(text: string): string {
  return oneLine(text)
    .replaceAll(/[\\`*_{}[\]()#|~!]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/:\/\/|@|www\./gi, (match) => `${match.slice(0, -1)}\u200b${match.slice(-1)}`);
}
