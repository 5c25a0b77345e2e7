import type { Row, TableOptions } from '@cooperbench/command';
import type { CooperBenchError } from '@cooperbench/core/errors';

/** The result of one check. `problem`: no run works. `warning`: some runs do not work. */
export interface Check {
  readonly what: string;
  readonly status: 'ok' | 'warning' | 'problem';
  readonly text: string;
  readonly hint?: string | undefined;
}

export const buildPassedCheck = (subject: string, text: string): Check => ({
  what: subject,
  status: 'ok',
  text,
});

/** Builds the result of a check that failed with an error. */
export function buildFailedCheck(subject: string, status: 'warning' | 'problem', error: unknown): Check {
  const { message, hint } = error as Partial<CooperBenchError>;
  return { what: subject, status, text: message ?? String(error), ...(hint === undefined ? {} : { hint }) };
}

const styles = { ok: 'green', warning: 'yellow', problem: 'red' } as const;

/** Builds a check as a row of a table: status, what, and the text with the hint below it. */
export function buildRow({ what, status, text, hint }: Check): Row {
  return [[styles[status], status], what, hint === undefined ? text : `${text}\n${hint}`];
}

/** Each check is printed when it ends, in a table of its own. Minimum widths align the columns of these tables. */
export const layout: TableOptions = { minWidths: ['warning'.length, 'dataset'.length] };
