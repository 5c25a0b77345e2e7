export { table } from '../terminal/table.ts';
export {
  formatDeficitLine as deficitLine,
  listCoordinationDeficits as coordinationDeficits,
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
export { findEvaluationErrors as evaluationErrors } from './setting-table.ts';
