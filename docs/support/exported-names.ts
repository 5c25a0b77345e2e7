import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pages, root } from './markdown.ts';

/** The names that each entry of our packages exports, such as `@cooperbench/core/host`. Reads their sources. */
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

const declared = /^export (?:declare |abstract |async )*(?:interface|type|class|function\*?|const) (\w+)/gm;
const listed = /^export (?:type )?\{([^}]*)\}/gm;
const whole = /^export (?:type )?\* as (\w+)/gm;
const passedOn = /^export (?:type )?\* from '([^']+)'/gm;

function namesIn(file: string, entries: ReadonlyMap<string, string>): ReadonlySet<string> {
  const source = readFileSync(file, 'utf8');
  const all = (pattern: RegExp): string[] => [...source.matchAll(pattern)].map(([, found = '']) => found);
  const named = all(listed).flatMap((names) =>
    names.split(',').map((name) => name.trim().replace(/^(type |.* as )+/, '')),
  );
  const others = all(passedOn).flatMap((path) => {
    const other = path.startsWith('.') ? join(dirname(file), path) : entries.get(path);
    return other === undefined ? [] : [...namesIn(other, entries)];
  });
  return new Set([...all(declared), ...all(whole), ...named, ...others]);
}
