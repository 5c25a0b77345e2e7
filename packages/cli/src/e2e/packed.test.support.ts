import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { readJson } from './run-files.test.support.ts';

export const workspace: string = new URL('../../../../', import.meta.url).pathname;

/** What `package.json` says, as far as tests of it look. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Returns what a workspace publishes: every package that is not private, and its folder, such as `packages/core`. */
export function packagesOf(root: string = workspace): { manifest: Manifest; folder: string }[] {
  return globSync(['packages/*/package.json', 'dataset/package.json'], { cwd: root })
    .map((path) => ({ manifest: readJson<Manifest>(root, path), folder: dirname(path) }))
    .filter(({ manifest }) => !manifest.private);
}

/** Resolves with everything a command printed. @throws when it fails, with what it said. */
export async function run(
  file: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(file, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 }).catch((error) => {
    throw new Error(`${file} ${args.join(' ')} failed: ${error.stdout}${error.stderr}`);
  });
}

/** The compiler of this workspace. */
export const tsc: string = join(workspace, 'node_modules/.bin/tsc');
export const nodeTypes: string = join(workspace, 'node_modules/@types');
