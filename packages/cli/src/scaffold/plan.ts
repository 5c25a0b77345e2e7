import { readFileSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Kind, kinds } from './kinds.ts';
import { manifest } from './manifest.ts';
import type { Names } from './names.ts';

const templates = join(import.meta.dirname, '../../templates');

/** A new package's files, by their path in it, sorted. */
export async function planFiles(
  kind: Kind,
  names: Names,
  coreVersion: string,
): Promise<ReadonlyMap<string, string>> {
  const words = {
    ...kinds[kind],
    name: names.name,
    package: names.package,
    year: String(new Date().getFullYear()),
  };
  const files = (
    await Promise.all(['common', kind].map((folder) => rendered(join(templates, folder), words)))
  ).flat();
  const own = ['package.json', `${JSON.stringify(manifest(kind, names, coreVersion), null, 2)}\n`] as const;
  return new Map([...files, own].sort(([one], [other]) => (one < other ? -1 : 1)));
}

type Words = Readonly<Record<string, string>>;

async function rendered(folder: string, words: Words): Promise<[path: string, text: string][]> {
  const paths = await readdir(folder, { recursive: true });
  return paths
    .filter((path) => statSync(join(folder, path)).isFile())
    .map((path) => [hidden(path), filledIn(readFileSync(join(folder, path), 'utf8'), words)]);
}

/** `_gitignore` becomes `.gitignore`: npm packs no file of that name. */
function hidden(path: string): string {
  return path.replace(/^_/, '.');
}

/** Words may hold words: what a README says of its kind holds the name. */
function filledIn(text: string, words: Words): string {
  const once = (from: string): string => from.replaceAll(/__([a-z]+)__/g, (all, word) => words[word] ?? all);
  return once(once(text));
}
