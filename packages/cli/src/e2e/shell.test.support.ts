import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bin, type Scratch } from './cli.test.support.ts';

/** Runs a shell that finds `cooperbench` on PATH. */
export function inShell(
  scratch: Scratch,
  shell: string,
  args: readonly string[],
): { readonly stdout: string; readonly stderr: string } {
  const folder = join(scratch.root, 'bin');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'cooperbench'), `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`);
  chmodSync(join(folder, 'cooperbench'), 0o755);
  const { stdout, stderr } = spawnSync(shell, args, {
    cwd: scratch.root,
    encoding: 'utf8',
    env: { PATH: `${folder}:${process.env.PATH}`, HOME: scratch.root, TMPDIR: scratch.tmp },
  });
  return { stdout, stderr };
}
