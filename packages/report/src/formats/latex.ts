import type { Report } from '../report/report.ts';
import type { Section } from '../report/section.ts';
import { sections } from '../report/sections.ts';
import { oneLine } from './safe.ts';

/** Longer tables do not fit on a page, and continue on the next. */
const mostRows = 40;

/** The report as LaTeX tables for `\input`. They need the packages booktabs and longtable. */
export function latex(report: Report): string {
  return `% Needs \\usepackage{booktabs,longtable}.\n\n${sections(report).map(tableText).join('\n\n')}\n`;
}

function tableText({ title, table: { head, rows, right }, notes }: Section): string {
  const columns = head.map((_, index) => (right.includes(index) ? 'r' : 'l')).join('');
  const line = (cells: readonly string[]): string => `    ${cells.map(escaped).join(' & ')} \\\\`;
  const caption = `\\caption{${[title, ...notes].map(escaped).join('. ').replace(/\.?$/, '.')}}`;
  if (rows.length > mostRows) {
    return [
      `\\begin{longtable}{${columns}}`,
      `  ${caption} \\\\`,
      '    \\toprule',
      line(head),
      '    \\midrule',
      '  \\endhead',
      ...rows.map(line),
      '    \\bottomrule',
      '\\end{longtable}',
    ].join('\n');
  }
  return [
    '\\begin{table}',
    '  \\centering',
    `  ${caption}`,
    `  \\begin{tabular}{${columns}}`,
    '    \\toprule',
    line(head),
    '    \\midrule',
    ...rows.map(line),
    '    \\bottomrule',
    '  \\end{tabular}',
    '\\end{table}',
  ].join('\n');
}

const commands: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
};

function escaped(text: string): string {
  return oneLine(text).replaceAll(/[\\~^<>|&%$#_{}]/g, (found) => commands[found] ?? `\\${found}`);
}
