/** Carries an exec's id in the environment of everything that it starts. */
export const markerVariable = 'COOPERBENCH_EXEC';

/**
 * Changes directory and becomes the command. Providers disagree on a directory or executable that is missing; this exits
 * 127 with a line on standard error. When memory runs out, the kernel ends commands first, and nothing else of the host.
 */
const trampoline = `
{ echo 1000 > /proc/self/oom_score_adj; } 2> /dev/null
cd -- "$1" || exit 127
shift
unset OLDPWD
exec "$@"`;

/** The program that runs `argv` in a directory of the sandbox. */
export function inDirectory(cwd: string, argv: readonly string[]): string[] {
  return ['/bin/sh', '-c', trampoline, 'sh', cwd, ...argv];
}
