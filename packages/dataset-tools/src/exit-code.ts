import type { BuiltImage } from './images/build-images.ts';
import type { ValidatedFeature } from './validation/validate-dataset.ts';

/** 1: a golden patch does not pass its own tests, or an infrastructure error occurred. */
export function exitCodeOfValidation(features: readonly ValidatedFeature[]): number {
  return features.some(({ state }) => state === 'failed' || state === 'error') ? 1 : 0;
}

/** 1: an image could not be built. */
export function exitCodeOfImages(images: readonly BuiltImage[]): number {
  return images.some(({ state }) => state === 'failed') ? 1 : 0;
}
