import { readFileSync } from 'node:fs';

/** Identifies an exec in the environment of every process that it starts. */
export const markerVariable = 'COOPERBENCH_EXEC';

const wrapper = readFileSync(new URL('../../src/sandbox/exec-wrapper.sh', import.meta.url), 'utf8');

/** The script of the wrapper before it becomes the command, on one line: shells count lines in their messages. */
const enter = wrapper
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#') && line !== 'exec "$@"')
  .join('; ');

/** Returns a command that runs `argv` in a directory of the sandbox. A script runs in the shell that is there already. */
export function wrapInDirectory(cwd: string, argv: readonly string[]): string[] {
  const [program, option, script, name = 'sh', ...args] = argv;
  if (program === 'sh' && option === '-c' && script !== undefined)
    return ['/bin/sh', '-c', `${enter}; ${script}`, name, cwd, ...args];
  return ['/bin/sh', '-c', wrapper, 'sh', cwd, ...argv];
}
