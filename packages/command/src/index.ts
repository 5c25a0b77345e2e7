/**
 * For commands of plugins: `import { BaseCommand, Flags } from '@cooperbench/command'`. A class that extends `BaseCommand`
 * behaves like the commands of CooperBench. docs/guide/writing-a-plugin.md has an example. The other entries are for the
 * package `cooperbench`.
 */
export * as Args from '@oclif/core/args';
export * as Flags from '@oclif/core/flags';
export { BaseCommand, type RunTools } from './base/base-command.ts';
export { describeError, type Failure, isAbort, printable } from './base/describe-error.ts';
export { ignoreBrokenPipe } from './reporters/ignore-broken-pipe.ts';
export type { ReporterOutput } from './reporters/reporter.ts';
export { settingFlags } from './settings/flags.ts';
export { buildOptionsFromFlags } from './settings/library-options.ts';
export { safeText } from './terminal/safe-text.ts';
export type { Row, TableOptions } from './terminal/table.ts';
