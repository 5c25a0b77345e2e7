/** Identifies an exec in the environment of every process that it starts. */
export const markerVariable = 'COOPERBENCH_EXEC';

/**
 * Changes to a directory and becomes the command. Providers report a missing directory or executable in different ways. This
 * exits with 127 and prints a line on standard error. When memory runs out, the kernel ends these commands before any other
 * process of the host.
 */
const trampoline = `
{ echo 1000 > /proc/self/oom_score_adj; } 2> /dev/null
cd -- "$1" || exit 127
shift
unset OLDPWD
exec "$@"`;

/** Returns a command that runs `argv` in a directory of the sandbox. */
export function inDirectory(cwd: string, argv: readonly string[]): string[] {
  return ['/bin/sh', '-c', trampoline, 'sh', cwd, ...argv];
}
