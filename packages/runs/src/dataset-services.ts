/** For packages that work on a dataset with the backends and the evaluator of a run: its images, its golden patches. */
export { readReference, referencePath, writeReference } from './dataset/reference.ts';
export { select, selectFeatures } from './dataset/select.ts';
export { evaluationKeeper, keepsForEvaluation } from './evaluation/evaluation-keeper.ts';
export { mergeGolden, runGolden } from './evaluation/run-evaluator.ts';
export { checkOptionValues } from './options/check-option-values.ts';
export type { DatasetOptions } from './options/options.ts';
export { evaluationBackend, evaluationRequest, withEvalNetwork } from './services/evaluation-network.ts';
export { imageEvents } from './services/image-events.ts';
export { noticeBroken, openRunEvents } from './services/run-events.ts';
export { Services } from './services/services.ts';
export type { EventStream } from './trial/event-stream.ts';
