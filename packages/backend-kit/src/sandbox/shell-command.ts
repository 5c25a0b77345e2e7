import { randomUUID } from 'node:crypto';
import type { StartedProcess } from './driver.ts';

/** Quotes `argv` as one shell command, for a provider that accepts only a string. */
export function shellCommand(argv: readonly string[]): string {
  return argv.map((argument) => `'${argument.replaceAll("'", "'\\''")}'`).join(' ');
}

/**
 * Returns `argv` if it is shorter than `maxBytes`. Otherwise writes it to a file in the sandbox, and returns a command that
 * runs the file and removes it.
 */
export async function fittingCommand(
  argv: readonly string[],
  maxBytes: number,
  start: (argv: readonly string[]) => Promise<StartedProcess>,
): Promise<string[]> {
  if (argv.reduce((sum, argument) => sum + Buffer.byteLength(argument), 0) < maxBytes) return [...argv];
  const path = `/tmp/.cooperbench-${randomUUID()}`;
  const { stdin, exitCode } = await start(['/bin/sh', '-c', `umask 077; cat > ${path}`]);
  const writer = stdin.getWriter();
  await writer.write(Buffer.from(`rm ${path}\nexec ${shellCommand(argv)}\n`));
  await writer.close();
  if ((await exitCode) !== 0) throw new Error(`${path} could not be written`);
  return ['/bin/sh', path];
}
