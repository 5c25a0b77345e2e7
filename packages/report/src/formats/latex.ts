import type { Report } from '../report/report.ts';
import type { Section } from '../report/section.ts';
import { sections } from '../report/sections.ts';
import { oneLine } from './safe.ts';

/** The report as LaTeX tables for `\input`. They need the packages booktabs and longtable. */
export function latex(report: Report): string {
  const tables = sections(report).map(tableText).join('\n\n');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins with them.
  const beyond = /[^\u0000-\u007f]/.test(tables)
    ? '% It has characters beyond ASCII: pdfLaTeX may not know them, LuaLaTeX and XeLaTeX do.\n'
    : '';
  return `% Needs \\usepackage{booktabs,longtable}.\n${beyond}\n${tables}\n`;
}

/** Rows that fit on a page. */
const most = 40;
/** Characters of a cell that fit beside other columns. */
const widest = 60;

function tableText({ title, table: { head, rows, right }, notes }: Section): string {
  const columns = head
    .map((_, index) => {
      if (right.includes(index)) return 'r';
      const isWide = rows.some((row) => (row[index] ?? '').length > widest);
      return isWide ? 'p{0.4\\linewidth}' : 'l';
    })
    .join('');
  const line = (cells: readonly string[]): string => `    ${cells.map(cell).join(' & ')} \\\\`;
  const caption = `  \\caption{${[title, ...notes].map(escaped).join('. ').replace(/\.?$/, '.')}}`;
  const body = [...rows.map(line), '    \\bottomrule'];
  const begin = ['    \\toprule', line(head), '    \\midrule'];
  if (rows.length > most) {
    return [
      `\\begin{longtable}{${columns}}`,
      `${caption} \\\\`,
      ...begin,
      '    \\endhead',
      ...body,
      '\\end{longtable}',
    ].join('\n');
  }
  return [
    '\\begin{table}',
    '  \\centering',
    caption,
    `  \\begin{tabular}{${columns}}`,
    ...begin,
    ...body,
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
  '`': '\\textasciigrave{}',
  '…': '\\ldots{}',
  // The end of a row takes a `[` or `*` that follows for its own, and two hyphens are a dash.
  '[': '{[}',
  '*': '{*}',
  '-': '-{}',
  // What `oneLine` puts in the place of a control character. No font of LaTeX has it.
  '\ufffd': '?',
};

/** A number below 0 has a minus sign. */
function cell(text: string): string {
  return escaped(text).replaceAll(/(?<![\w.])-(?=[\d.]+\\%)/g, '$-$$');
}

function escaped(text: string): string {
  return oneLine(text).replaceAll(
    /-(?=-)|[\\~^<>|`…[*\ufffd&%$#_{}]/g,
    (found) => commands[found] ?? `\\${found}`,
  );
}
