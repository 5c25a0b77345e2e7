import { readFileSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Kind, kinds } from './kinds.ts';
import { buildManifest, type Core } from './manifest.ts';
import type { Names } from './names.ts';

const templates = join(import.meta.dirname, '../../templates');

/** Returns the files of a new package, by path and sorted. */
export async function planFiles(kind: Kind, names: Names, core: Core): Promise<ReadonlyMap<string, string>> {
  const words = {
    ...kinds[kind],
    name: names.name,
    package: names.package,
    clone: core.path ? cloneNote : '',
    year: String(new Date().getFullYear()),
  };
  const files = (
    await Promise.all(['common', kind].map((folder) => renderFiles(join(templates, folder), words)))
  ).flat();
  const packageJson = [
    'package.json',
    `${JSON.stringify(buildManifest(kind, names, core), null, 2)}\n`,
  ] as const;
  return new Map([...files, packageJson].sort(([left], [right]) => (left < right ? -1 : 1)));
}

const cloneNote =
  '\n- Once the packages of CooperBench are on npm, replace their paths under `devDependencies` with the range under `peerDependencies`: CI has no clone. Users need no clone.';

type Replacements = Readonly<Record<string, string>>;

async function renderFiles(folder: string, words: Replacements): Promise<[path: string, text: string][]> {
  const paths = await readdir(folder, { recursive: true });
  return paths
    .filter((path) => statSync(join(folder, path)).isFile())
    .map((path) => [
      toHiddenName(fillIn(path, words)),
      fillIn(readFileSync(join(folder, path), 'utf8'), words),
    ]);
}

/** Turns `_gitignore` into `.gitignore`. npm would leave a template named `.gitignore` out of the package. */
function toHiddenName(path: string): string {
  return path.replace(/^_/, '.');
}

/** Replaces the placeholders of a template. Runs twice, because some replacements contain placeholders. */
function fillIn(text: string, words: Replacements): string {
  const replaceOnce = (from: string): string =>
    from.replaceAll(/__([a-z]+)__/g, (placeholder, word) => words[word] ?? placeholder);
  return replaceOnce(replaceOnce(text));
}
