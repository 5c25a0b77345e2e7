import type { Report } from '../report/report.ts';
import type { Section, Table } from '../report/section.ts';
import { sections } from '../report/sections.ts';
import { formatOneLine } from './safe.ts';

/** Tables of a report by the name that `--table` takes. */
export const latexTables: Readonly<Record<string, readonly string[]>> = {
  main: ['Conditions', 'Pass rates'],
  deficit: ['Coordination deficit'],
  differences: ['Differences'],
  effects: ['Marginal effects'],
  'per-repo': ['By repository', 'Deficit by repository'],
  'per-task': ['By task'],
  repetitions: ['Repetitions'],
  use: ['Use by seat, mean of a trial'],
  communication: ['Communication'],
  metrics: ['Metrics'],
  causes: ['Why trials failed'],
  labels: ['Failures of coordination, as models and people label them', 'Agreement of labelers'],
  lost: ['Lost attempts'],
  conflicts: ['Conflicts by file'],
};

/**
 * Returns the report as LaTeX tables for `\\input`. They need the packages booktabs and graphicx. `tables`: names of
 * `latexTables`. Absent means all but lists of pairs and trials, which no paper prints.
 */
export function latex(report: Report, tables?: readonly string[]): string {
  const wantedTitles = tables?.flatMap((name) => latexTables[name] ?? []);
  const chosenSections = sections(report).filter(({ title, isList }) =>
    wantedTitles ? wantedTitles.includes(title) : !isList,
  );
  const text = chosenSections.flatMap(listTables).join('\n\n');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins with them.
  const beyond = /[^\u0000-\u007f]/.test(text)
    ? '% It has characters beyond ASCII: pdfLaTeX may not know them, LuaLaTeX and XeLaTeX do.\n'
    : '';
  return `% Needs \\usepackage{booktabs,graphicx}.\n${beyond}\n${text}\n`;
}

/** Rows that fit on a page. A longer table continues in another. */
const maxRows = 40;

function listTables(section: Section): string[] {
  const { rows } = section.table;
  const parts = Array.from({ length: Math.ceil(rows.length / maxRows) }, (_, index) =>
    rows.slice(index * maxRows, (index + 1) * maxRows),
  );
  return parts.map((partRows, index) => formatTableText(section, partRows, index));
}

function formatTableText(
  { title, table: { head, right }, notes }: Section,
  rows: Table['rows'],
  part: number,
): string {
  const columns = head.map((_, index) => (right.includes(index) ? 'r' : 'l')).join('');
  const formatLine = (cells: readonly string[]): string => `    ${cells.map(formatCell).join(' & ')} \\\\`;
  const caption = [part === 0 ? title : `${title}, continued`, ...(part === 0 ? notes : [])];
  const name = title
    .toLowerCase()
    .replaceAll(/[^a-z]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return [
    '\\begin{table}',
    '  \\centering',
    `  \\caption{${caption.map(escapeText).join('. ').replace(/\.?$/, '.')}}`,
    `  \\label{tab:${name}${part === 0 ? '' : `-${part + 1}`}}`,
    // As wide as it is, or as the text when it is wider.
    `  \\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{\\begin{tabular}{${columns}}`,
    '    \\toprule',
    formatLine(head),
    '    \\midrule',
    ...rows.map(formatLine),
    '    \\bottomrule',
    '  \\end{tabular}}',
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
  // `oneLine` puts this in the place of a control character. No font of LaTeX has it.
  '\ufffd': '?',
};

/** Characters of a cell. A longer one would make all of the table too small to read. */
const widest = 100;

/** A number below 0 has a minus sign. */
function formatCell(text: string): string {
  return escapeText(text.length > widest ? `${text.slice(0, widest - 1)}…` : text).replaceAll(
    /(?<![\w.])-(?=\d+\.\d(?:\\%| (?:to|points)))/g,
    '$-$$',
  );
}

function escapeText(text: string): string {
  return formatOneLine(text).replaceAll(
    /-(?=-)|[\\~^<>|`…[*\ufffd&%$#_{}]/g,
    (character) => commands[character] ?? `\\${character}`,
  );
}
