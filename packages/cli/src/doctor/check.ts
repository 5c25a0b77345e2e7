import type { CooperBenchError } from '@cooperbench/core/errors';

/** One thing that was looked at. A `problem` keeps runs from working; a `warning` keeps some from it. */
export interface Check {
  readonly what: string;
  readonly status: 'ok' | 'warning' | 'problem';
  readonly text: string;
  readonly hint?: string | undefined;
}

export const ok = (what: string, text: string): Check => ({ what, status: 'ok', text });

/** What an error says of it. */
export function bad(what: string, status: 'warning' | 'problem', error: unknown): Check {
  const { message, hint } = error as Partial<CooperBenchError>;
  return { what, status, text: message ?? String(error), ...(hint === undefined ? {} : { hint }) };
}

/** A check as lines: status, what, text, and below the text what to do. */
export function linesOf({ what, status, text, hint }: Check): string[] {
  const head = `${status.padEnd(8)} ${what.padEnd(8)} `;
  const [first = '', ...more] = [...text.split('\n'), ...(hint === undefined ? [] : hint.split('\n'))];
  return [`${head}${first}`, ...more.map((line) => `${' '.repeat(head.length)}${line}`)];
}
