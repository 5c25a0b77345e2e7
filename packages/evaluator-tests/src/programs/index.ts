import { readFileSync } from 'node:fs';

/**
 * Prepares one tree for its tests inside a sandbox: applies patches, merges them, and returns the repository to its base. Runs
 * no code of an agent. POSIX sh with coreutils and git. Interactive sandboxes and batch jobs run this same program; `Job`
 * describes how.
 *
 * Input: `plan` (lines `seats ID…`, `features N…`, `timeout SECONDS`, `diff yes` when the diff is wanted, `fallback first`,
 * `canary N`, `renames yes` when a test patch may rename files), `SEAT.patch`, `tests-N.patch` of all features (including those not tested here), `rules` (sets `task_rules`: files
 * that agents may not change), `resolve` (the merge policy's script, optional), `canaries` (optional, sets `kinds`, see canary.sh), `canary` (optional: a line
 * `ROOT TOKEN…` and a patch that adds the canary to the tests of that base),
 * `run_tests.sh` (only where the image has no `/usr/local/bin/runner.sh`).
 *
 * Facts, one per line: `drop SEAT RULE<tab>PATH`; `apply SEAT applied|skipped|failed`; `conflict PATH`;
 * `merge clean|conflicts|missing_input naive|resolved|fallback|none`; `canary N TOKEN…`; `exhausted` when git was killed or said
 * that something ran out.
 *
 * Result: `merged.patch`, `doubt` when git failed and the machine may be to blame, and what `testProgram` reads: `state`, and
 * `canary` where one can be made. Without a tree to test, there is no state.
 */
export const evaluationProgram: string = [
  ...['own-git', 'rules', 'apply', 'merge', 'canary', 'seal', 'probe', 'state', 'evaluate'],
]
  .map(readPart)
  .join('\n');

/**
 * Runs the tests of a feature on the tree that the evaluation program left, as a process of its own. test.sh describes its input
 * and its output.
 */
export const testProgram: string = ['own-git', 'seal', 'probe', 'test'].map(readPart).join('\n');

/** The script of the merge policy `union`. */
export const unionScript: string = readPart('union');

function readPart(name: string): string {
  return readFileSync(new URL(`../../src/programs/${name}.sh`, import.meta.url), 'utf8');
}

/** Returns a line of sh that sets a variable, for the files `rules` and `canaries`. */
export function formatAssignment(name: string, value: string): string {
  return `${name}='${value.replaceAll("'", "'\\''")}'\n`;
}
