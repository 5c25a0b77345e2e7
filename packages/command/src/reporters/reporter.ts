import type { OpenReporter, ReporterContext } from '@cooperbench/core';
import type { RunEvent } from '@cooperbench/records';

export type { ReporterOutput } from '@cooperbench/core';

export const reporterNames = ['default', 'json', 'silent'] as const;

export type ReporterName = (typeof reporterNames)[number];

export function isBuiltIn(name: string): name is ReporterName {
  return reporterNames.some((reporterName) => reporterName === name);
}

/** An open reporter whose events have their types. */
export interface RunReporter extends OpenReporter {
  onEvent(event: RunEvent): void;
}

export interface ReporterOptions extends Pick<ReporterContext, 'part'> {
  /** Returns a monotonic clock in milliseconds. Default: the clock of the process. */
  readonly now?: () => number;
}
