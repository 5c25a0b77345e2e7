import { setFlagsFromString } from 'node:v8';

/**
 * Makes V8 collect garbage rather than grow the heap. A run mostly waits for models, so half the memory for thousands of
 * trials is worth a fifth more processor time. V8 reads both settings at every collection, so they apply immediately.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=100');
}
