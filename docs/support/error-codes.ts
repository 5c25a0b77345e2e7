import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Page, pages, root } from './markdown.ts';

/** Returns the sources of what every package ships that `tsc -b` builds. */
export function sources(): Page[] {
  const { references } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as {
    references: { path: string }[];
  };
  const packages = references.filter(({ path }) => path.startsWith('packages/'));
  return pages(...packages.map(({ path }) => `${path}/src/**/*.ts`)).filter(
    ({ path }) => !/\.test\.|\/(fakes|testing)\//.test(path),
  );
}

/** Returns the error codes in them. */
export function codesInSources(): string[] {
  const thrownError =
    /new (?:Config|Plugin|Sandbox|Command|Agent|CooperBench)Error\(\s*'([A-Z_]+)'|\bcode: '([A-Z_]+)'/g;
  const codes = sources().flatMap(({ text }) =>
    [...text.matchAll(thrownError)].map(([, code, secondCode]) => code ?? secondCode ?? ''),
  );
  return [...new Set([...codes, ...listUnknownNames()])].sort();
}

/** The registry makes these from the kind of what is not known: `UNKNOWN_` and the kind. */
function listUnknownNames(): string[] {
  const source = readFileSync(join(root, 'packages/core/src/plugins/kinds.ts'), 'utf8');
  return [...source.matchAll(/\bsingular: '([a-z ]+)'/g)].map(
    ([, kind = '']) => `UNKNOWN_${kind.toUpperCase().replace(' ', '_')}`,
  );
}

/** Returns the codes that the items of errors.md begin with. */
export function documentedCodes(): string[] {
  const [page] = pages('docs/reference/errors.md');
  const items = [...(page?.text.matchAll(/^- ([^:]*):/gm) ?? [])].map(([, names = '']) => names);
  return items.flatMap((names) => [...names.matchAll(/`([A-Z_]{2,})`/g)].map(([, code = '']) => code)).sort();
}
