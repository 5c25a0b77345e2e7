import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Where Node keeps what it compiled, so that a child need not load the type stripper once it ran before. */
const compileCache = join(tmpdir(), 'cooperbench-bench-compile-cache');

/** Begins a line on a child's standard error that is for the user at once. */
const progressMark = 'Progress: ';

/**
 * Runs a script of this folder in its own process and resolves with the JSON it printed. Shows its progress. @throws with its
 * stderr.
 */
export async function runInChild<T>(script: string, ...args: readonly (string | number)[]): Promise<T> {
  const argv = [join(import.meta.dirname, script), ...args.map(String)];
  const running = promisify(execFile)(process.execPath, argv, {
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
    maxBuffer: 64 * 1024 * 1024,
  });
  running.child.stderr?.on('data', (text: string) => {
    for (const line of text.split('\n'))
      if (line.startsWith(progressMark)) process.stderr.write(`  ${line.slice(progressMark.length)}\n`);
  });
  return JSON.parse((await running).stdout) as T;
}

/** Says how far a child script is. */
export function progress(text: string): void {
  process.stderr.write(`${progressMark}${text}\n`);
}

/** Sends a child script's answer. */
export function reply(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
