import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const root: string = join(import.meta.dirname, '../..');

/** A page of the documentation, by its path in the repository. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** A fenced block of code: ```` ```sh model ```` has the language `sh` and the mark `model`. */
export interface Block {
  readonly language: string;
  readonly mark: string;
  readonly code: string;
}

export function pages(...patterns: readonly string[]): Page[] {
  return globSync(patterns, { cwd: root, exclude: ['**/node_modules/**'] })
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

export function blocks({ text }: Page): Block[] {
  return [...text.matchAll(/^```(\w*)[ \t]*(.*)\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', mark = '', code = '']) => ({ language, mark, code }),
  );
}

/** Relative links that lead nowhere: a file that is missing, or a heading that is. */
export function deadLinks(page: Page): string[] {
  const prose = withoutCode(page.text);
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target) && !leadsSomewhere(page, target));
}

function leadsSomewhere(page: Page, target: string): boolean {
  const [path = '', heading] = target.split('#');
  const file = path === '' ? join(root, page.path) : join(root, dirname(page.path), path);
  if (!existsSync(file)) return false;
  return heading === undefined || listAnchors(readFileSync(file, 'utf8')).includes(heading);
}

function listAnchors(text: string): string[] {
  return [...withoutCode(text).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

function withoutCode(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```$/gm, '');
}

export function code(value: unknown): string {
  return value === undefined ? '' : `\`${String(value)}\``;
}

/** Returns a table, padded as the formatter pads it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const escaped = [head, ...rows].map((cells) =>
    cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('<', '&lt;')),
  );
  const widths = head.map((_, column) => Math.max(3, ...escaped.map((cells) => cells[column]?.length ?? 0)));
  const formatLine = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [first = [], ...bodyRows] = escaped;
  return [
    formatLine(first),
    formatLine(widths.map((width) => '-'.repeat(width))),
    ...bodyRows.map(formatLine),
  ].join('\n');
}
