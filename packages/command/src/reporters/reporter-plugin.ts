import type { Plugin, Reporter } from '@cooperbench/core';
import { type ReporterName, reporterNames } from './reporter.ts';

/** The built-in reporters. */
export const reporterPlugin: Plugin = {
  name: '@cooperbench/command',
  apiVersion: 1,
  reporters: Object.fromEntries(reporterNames.map((name) => [name, { create: () => load(name) }])),
};

async function load(name: ReporterName): Promise<Reporter> {
  const { createReporter } = await import('./create-reporter.ts');
  return { open: ({ output, ...options }) => createReporter(name, output, options) };
}
