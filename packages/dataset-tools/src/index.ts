/** For programs that build the images of a dataset or write its references. */
export { type BuildImagesOptions, type BuiltImage, buildImages } from './images/build-images.ts';
export {
  type ValidateDatasetOptions,
  type ValidatedFeature,
  validateDataset,
} from './validation/validate-dataset.ts';
