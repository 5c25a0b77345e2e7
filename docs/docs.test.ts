import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { generate } from './generate.ts';
import { type CommandMetadata, readCommands } from './support/command-metadata.ts';
import { DocsSandbox } from './support/docs-sandbox.ts';
import { codesInSources, documentedCodes } from './support/error-codes.ts';
import { exportedNames, undocumentedExports } from './support/exported-names.ts';
import { blocks, deadLinks, pages, root } from './support/markdown.ts';
import { existingPages } from './support/page-commands.ts';

const all = [
  ...existingPages,
  ...pages(
    'packages/{agent,backend,bus,evaluator,network}-*/README.md',
    'packages/{report,testing,viewer}/README.md',
    'dataset/README.md',
  ),
];

test.for(all)('$path has no dead link', (page) => {
  expect(deadLinks(page)).toEqual([]);
});

describe('what is said of the library', () => {
  const exported = exportedNames();
  const everywhere = new Set([...exported.values()].flatMap((names) => [...names]));
  /** Of Node.js; a status of a seat; the name of a warning. */
  const others = ['AbortSignal', 'LimitsExceeded', 'CooperBenchWarning'];

  test.for(pages('docs/{guide,reference}/*.md', 'README.md', 'packages/*/README.md'))(
    '$path imports and names nothing that is not exported',
    ({ path, text }) => {
      const imports = text.matchAll(
        /\bimport (?:type )?\{([^}]*)\} from '((?:@cooperbench\/|cooperbench\b)[^']*)'/g,
      );
      const missing = [...imports].flatMap(([, names = '', from = '']) =>
        names
          .split(',')
          .map((name) => name.trim().replace(/^type | as .*$/g, ''))
          .filter((name) => name !== '' && !exported.get(from)?.has(name)),
      );
      // On other pages, such words may be names of programs and files.
      const isForAuthors = /writing-|wrapping-|embedding|contracts|plugins/.test(path);
      const prose = isForAuthors ? text.replaceAll(/^```[\s\S]*?^```/gm, '') : '';
      const named = [...prose.matchAll(/`([A-Z][a-z]+(?:[A-Z][a-z]+)+)(?:\.\w+)*(?:\(\))?`/g)]
        .map(([, name = '']) => name)
        .filter((name) => !everywhere.has(name) && !others.includes(name));
      expect([...missing, ...named]).toEqual([]);
    },
  );
});

test('every export of core says what it promises', () => {
  expect(undocumentedExports()).toEqual([]);
});

describe('what is said of commands', () => {
  let commands: readonly CommandMetadata[];
  beforeAll(async () => {
    commands = await readCommands();
  });

  test.for(all)('$path names no command or flag that does not exist', (page) => {
    const shell = blocks(page).filter(({ language }) => ['sh', 'console', 'text'].includes(language));
    const lines = shell.flatMap(({ code }) => code.replaceAll('\\\n', ' ').split('\n'));
    const unknown = lines.flatMap((line) => unknownParts(line, commands));
    expect(unknown).toEqual([]);
  });
});

/** `run` → nothing; `run --forse` → `run --forse`; `rnu` → `rnu`. */
function unknownParts(line: string, commands: readonly CommandMetadata[]): string[] {
  const output = /(?:^|^\$ |pnpm@12 )cooperbench ([a-z]+)(.*)$/.exec(line);
  if (!output || output[1] === 'help') return [];
  const [, id = '', rest = ''] = output;
  const command =
    commands.find((command) => `${id}${rest} `.startsWith(`${command.id} `)) ??
    commands.find((command) => command.id.split(' ')[0] === id);
  if (!command) return [id];
  const flagged = Object.entries(command.flags).flatMap(([name, { allowNo }]) => [
    `--${name}`,
    ...(allowNo ? [`--no-${name}`] : []),
  ]);
  const knownNames = ['--json', '--help', '--profile', '--no-config', '--trust', ...flagged];
  const flags = [...rest.matchAll(/(?<=\s)--[a-z-]+/g)].map(([flag]) => flag);
  return flags.filter((flag) => !knownNames.includes(flag)).map((flag) => `${id} ${flag}`);
}

describe('the reference', () => {
  test('is what `node docs/generate.ts` writes', async () => {
    for (const [path, text] of await generate())
      expect(readFileSync(join(root, path), 'utf8'), `${path} is stale: node docs/generate.ts`).toBe(text);
  });

  test('has every error code, and no other', () => {
    expect(documentedCodes()).toEqual(codesInSources());
  });

  test('has every field of every file', async () => {
    await using sandbox = await DocsSandbox.open();
    const run =
      'cooperbench run --trust -n run --backend local --agent oracle --repo recur_task --features 2,4';
    const ending = await sandbox.sh(`${run} --git; ${run} --setting solo`);
    expect(ending, ending.output).toMatchObject({ code: 0 });
    const files = globSync('logs/run/**/*.{json,jsonl}', { cwd: sandbox.folder });
    expect(files.length).toBeGreaterThan(10);
    const page = readFileSync(join(root, 'docs/reference/files.md'), 'utf8');
    const named = new Set([...page.matchAll(/`([a-z0-9_]+)`/g)].map(([, name]) => name));
    const fields = files.flatMap((file) =>
      readFileSync(join(sandbox.folder, file), 'utf8')
        .split(file.endsWith('.jsonl') ? '\n' : /$^/)
        .filter(Boolean)
        .flatMap((text) => fieldsOf(JSON.parse(text), file.endsWith('.jsonl'))),
    );
    expect([...new Set(fields)].filter((field) => !named.has(field))).toEqual([]);
  });

  test('has every decision in its index', () => {
    const index = readFileSync(join(root, 'docs/decisions/README.md'), 'utf8');
    const records = globSync('*.md', { cwd: join(root, 'docs/decisions'), exclude: ['README.md'] });
    expect(records.filter((record) => !index.includes(`](${record})`))).toEqual([]);
  });
});

/** Keys of objects, except those that are data: seats, features, settings, packages. Of an event, its type. */
function fieldsOf(value: unknown, isEvent: boolean): string[] {
  if (isEvent) return [(value as { type: string }).type];
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item) => fieldsOf(item, false));
  return Object.entries(value).flatMap(([key, inner]) => [
    ...(/^(agent\d+|\d+|coop|solo|@.*|node|strict|union|lead)$/.test(key) ? [] : [key]),
    ...fieldsOf(inner, false),
  ]);
}
