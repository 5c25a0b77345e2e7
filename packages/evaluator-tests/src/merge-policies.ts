import type { MergePolicy } from '@cooperbench/core';

/**
 * Repeats a conflicting merge with git's union driver, which keeps the lines of both sides. The first published numbers used
 * it.
 */
export const union: MergePolicy = {
  strategy: 'union',
  onConflict: `
echo '* merge=union' >> .git/info/attributes
exec git merge -q --no-edit -m merge "$1"
`,
};

/** A conflict fails the pair. */
export const strict: MergePolicy = { strategy: 'strict' };

/** The rule of the Python CooperBench since 0.0.16: when patches do not merge, only the first seat's patch counts. */
export const lead: MergePolicy = { strategy: 'lead', fallback: 'first' };
