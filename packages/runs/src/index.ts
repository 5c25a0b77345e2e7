/** For programs that run and evaluate trials, such as the command line. */
export * from './container.ts';
export * from './dataset/discover.ts';
export { type Filters, listCombinations, select } from './dataset/select.ts';
export { datasetRecordName } from './dataset/source.ts';
export * from './dataset/subset.ts';
export { runEvaluator } from './evaluation/run-evaluator.ts';
export { type EvaluateOptions, optionRanges, type RunOptions, runDefaults } from './options/options.ts';
export {
  findModelOfSeat,
  findNamedSeats,
  type PlannedSeat,
} from './options/planned-seats.ts';
export { type PlannedTrial, planRun, type RunPlan } from './plan/plan.ts';
export type { CheckedImage, RunCheck } from './run/check-run.ts';
export type { RunOutcome } from './run/run.ts';
export { lockExperiment } from './run-folder/log-dir.ts';
export { readFinishedTrials } from './run-folder/resume.ts';
export { Runs } from './runs.ts';
export { readLayers } from './services/agent-layers.ts';
export type * from './services/run-host.ts';
