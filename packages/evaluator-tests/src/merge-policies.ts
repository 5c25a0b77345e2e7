import type { MergePolicy } from '@cooperbench/core';
import { unionScript } from './programs/index.ts';

/**
 * Repeats a conflicting merge with git's union driver, which keeps the lines of both sides. The first published numbers used
 * it.
 */
export const union: MergePolicy = { strategy: 'union', onConflict: unionScript };

/** A conflict fails the pair. */
export const strict: MergePolicy = { strategy: 'strict' };

/** The rule of the Python CooperBench since 0.0.16: when patches do not merge, only the first seat's patch counts. */
export const lead: MergePolicy = { strategy: 'lead', fallback: 'first' };
