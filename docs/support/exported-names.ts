import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pages, root } from './markdown.ts';

/** Returns the names that each entry of our packages exports, such as `@cooperbench/core/host`. Reads their sources. */
export function exportedNames(): Map<string, ReadonlySet<string>> {
  const files = new Map<string, string>();
  for (const { path, text } of pages('packages/*/package.json')) {
    const { name, exports = {} } = JSON.parse(text);
    for (const [entry, target] of Object.entries<Record<string, string>>(exports)) {
      const source = target['@cooperbench/source'];
      if (source !== undefined) files.set(name + entry.slice(1), join(root, dirname(path), source));
    }
  }
  return new Map([...files].map(([entry, file]) => [entry, namesIn(file, files)]));
}

/** Returns the exports of core without a comment that says what they promise, as `FILE: NAME`. */
export function undocumentedExports(): string[] {
  const core = join(root, 'packages/core');
  const { exports } = JSON.parse(readFileSync(join(core, 'package.json'), 'utf8'));
  const entries = Object.values<Record<string, string>>(exports).flatMap(
    ({ '@cooperbench/source': source }) =>
      source === undefined ? [] : [...listUndocumentedIn(join(core, source))],
  );
  return [...new Set(entries)];
}

/** Of those that `file` declares, or passes on from its own package. `names`: only these. */
function listUndocumentedIn(file: string, names?: readonly string[]): string[] {
  const source = readFileSync(file, 'utf8');
  const declaredNames = [...source.matchAll(declared)].flatMap(({ 1: name = '', index }) => {
    const textBefore = source.slice(0, index).replace(/\/\/ biome-ignore.*\n$/, '');
    return textBefore.endsWith('*/\n') || names?.includes(name) === false
      ? []
      : [`${relative(root, file)}: ${name}`];
  });
  const passedNames = [...source.matchAll(passedOn)].flatMap(([, path = '']) =>
    listUndocumentedIn(join(dirname(file), path)),
  );
  const reexportedNames = [...source.matchAll(/^export (?:type )?\{([^}]*)\} from '(\.[^']+)'/gm)].flatMap(
    ([, list = '', path = '']) => {
      const wantedNames = list.split(',').map((name) => name.trim().replace(/^type | as .*$/g, ''));
      return listUndocumentedIn(join(dirname(file), path), wantedNames);
    },
  );
  return [...declaredNames, ...passedNames, ...reexportedNames];
}

const declared = /^export (?:declare |abstract |async )*(?:interface|type|class|function\*?|const) (\w+)/gm;
const namedExports = /^export (?:type )?\{([^}]*)\}/gm;
const starExport = /^export (?:type )?\* as (\w+)/gm;
const passedOn = /^export (?:type )?\* from '([^']+)'/gm;

function namesIn(file: string, entries: ReadonlyMap<string, string>): ReadonlySet<string> {
  const source = readFileSync(file, 'utf8');
  const matchAll = (pattern: RegExp): string[] => [...source.matchAll(pattern)].map(([, name = '']) => name);
  const localNames = matchAll(namedExports).flatMap((names) =>
    names.split(',').map((name) => name.trim().replace(/^(type |.* as )+/, '')),
  );
  const passedOnNames = matchAll(passedOn).flatMap((path) => {
    const otherFile = path.startsWith('.') ? join(dirname(file), path) : entries.get(path);
    return otherFile === undefined ? [] : [...namesIn(otherFile, entries)];
  });
  return new Set([...matchAll(declared), ...matchAll(starExport), ...localNames, ...passedOnNames]);
}
