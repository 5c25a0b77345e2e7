/** For packages that work on a dataset with the backends and the evaluator of a run: its images, its golden patches. */
export { getReferencePath, readReference, writeReference } from './dataset/reference.ts';
export { select, selectFeatures } from './dataset/select.ts';
export {
  createEvaluationKeeper,
  keepsForEvaluation,
} from './evaluation/evaluation-keeper.ts';
export { mergeGolden, runGolden } from './evaluation/run-evaluator.ts';
export { checkOptionValues } from './options/check-option-values.ts';
export type { DatasetOptions } from './options/options.ts';
export {
  buildEvaluationBackend,
  buildEvaluationRequest,
  withEvalNetwork,
} from './services/evaluation-network.ts';
export { createImageEventHandler } from './services/image-events.ts';
export { noticeBroken, openRunEvents } from './services/run-events.ts';
export { Services } from './services/services.ts';
export type { EventStream } from './trial/event-stream.ts';
