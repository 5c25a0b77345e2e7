/** For programs that build the images of a dataset or write its references. */
export { type BuildImagesOptions, type BuiltImage, buildImages } from './images/build-images.ts';
export { type CheckMergesOptions, checkMerges } from './validation/check-merges.ts';
export type { MergeReport, MergeResult } from './validation/merge-report.ts';
export {
  type ValidateDatasetOptions,
  type ValidatedFeature,
  validateDataset,
} from './validation/validate-dataset.ts';
