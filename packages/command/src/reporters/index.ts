export { table } from '../terminal/table.ts';
export {
  formatDeficitLine,
  listCoordinationDeficits,
} from './coordination-deficit.ts';
export { createReporter } from './create-reporter.ts';
export { LinesReporter } from './lines-reporter.ts';
export { LiveReporter } from './live-reporter.ts';
export { openReporter } from './open-reporter.ts';
export {
  isBuiltIn,
  type ReporterName,
  type ReporterOptions,
  type ReporterOutput,
  type RunReporter,
  reporterNames,
} from './reporter.ts';
export { findEvaluationErrors } from './setting-table.ts';
