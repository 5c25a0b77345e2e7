import { readFileSync } from 'node:fs';

/** Identifies an exec in the environment of every process that it starts. */
export const markerVariable = 'COOPERBENCH_EXEC';

const wrapper = readFileSync(new URL('../../src/sandbox/exec-wrapper.sh', import.meta.url), 'utf8');

/** Returns a command that runs `argv` in a directory of the sandbox. */
export function inDirectory(cwd: string, argv: readonly string[]): string[] {
  return ['/bin/sh', '-c', wrapper, 'sh', cwd, ...argv];
}
