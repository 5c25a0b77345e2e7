/** A server of Hugging Face's Hub on loopback, and datasets for it. */
export * from './dataset.ts';
export * from './hub.ts';
