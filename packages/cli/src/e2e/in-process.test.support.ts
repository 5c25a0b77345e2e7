import { fileURLToPath } from 'node:url';
import { format } from 'node:util';
import { Config } from '@oclif/core/config';
import { run } from '@oclif/core/run';
import { vi } from 'vitest';
import type { Ending, How, Scratch } from './cli.test.support.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Runs a command of the built command line in this process, where starting one would take longer than the command.
 * Changes the working directory, the environment and standard output meanwhile, so only one can run at a time.
 */
export async function runInProcess(
  place: Scratch,
  args: readonly string[],
  { env = {} }: Pick<How, 'env'> = {},
): Promise<Ending> {
  const before = { cwd: process.cwd(), env: { ...process.env }, exitCode: process.exitCode };
  const output = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text: string | Uint8Array) => {
      output[stream] += String(text);
      return true;
    }),
  );
  // vitest replaces the console, which oclif prints with.
  const consoles = (
    [
      ['log', 'stdout'],
      ['error', 'stderr'],
    ] as const
  ).map(([method, stream]) =>
    vi.spyOn(console, method).mockImplementation((...values: unknown[]) => {
      output[stream] += `${format(...values)}\n`;
    }),
  );
  const { PATH } = process.env;
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, { PATH, HOME: place.root, TMPDIR: place.tmp, ...env });
  process.exitCode = undefined;
  process.chdir(place.root);
  try {
    await run([...args], await Config.load(root));
    return { code: Number(process.exitCode ?? 0), signal: null, ...output };
  } finally {
    process.chdir(before.cwd);
    for (const name of Object.keys(process.env)) delete process.env[name];
    Object.assign(process.env, before.env);
    process.exitCode = before.exitCode;
    for (const spy of [...spies, ...consoles]) spy.mockRestore();
  }
}
