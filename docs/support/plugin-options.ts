import { globSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { code, root, table } from './markdown.ts';
import { allowedValues, type Schema } from './schema.ts';

interface Plugin {
  readonly agents?: Definitions;
  readonly backends?: Definitions;
  readonly buses?: Definitions;
}
type Definitions = Readonly<Record<string, { readonly options?: Schema }>>;

/** One option of one or more plugins. */
interface Row {
  readonly key: string;
  readonly value: string;
  readonly meaning: string;
  /** Defaults by plugin. */
  readonly defaults: Map<string, string>;
}

/** Returns the tables of the options of every plugin in this repository, by kind. */
export async function pluginOptions(): Promise<string> {
  const plugins = await readPlugins();
  const kinds = [
    ['Agents', 'agents'],
    ['Backends', 'backends'],
    ['Message buses', 'buses'],
  ] as const;
  return kinds
    .map(([title, kind]) =>
      [`## ${title}`, ...listSections(mergeDefinitions(plugins.map((plugin) => plugin[kind])))].join('\n\n'),
    )
    .join('\n\n');
}

async function readPlugins(): Promise<Plugin[]> {
  const files = globSync('packages/{agent,backend,bus}-*/src/index.ts', { cwd: root }).sort();
  const modules = await Promise.all(
    files.map((file) => import(/* @vite-ignore */ pathToFileURL(join(root, file)).href)),
  );
  return modules.flatMap(({ default: hook }) => (typeof hook === 'function' ? [hook() as Plugin] : []));
}

function mergeDefinitions(definitions: readonly (Definitions | undefined)[]): Map<string, Schema> {
  const schemas = definitions.flatMap((definitions) => Object.entries(definitions ?? {}));
  // Two names of one agent share their schema.
  const schemaNames = new Map<Schema, string>();
  for (const [name, { options }] of schemas)
    if (options && !schemaNames.has(options)) schemaNames.set(options, name);
  return new Map([...schemaNames].map(([schema, name]) => [name, schema]));
}

/** Options whose values and defaults differ from framework to framework. */
const byFramework = ['version', 'retries', 'effort'];

/** What several plugins share comes first, then what only one has. */
function listSections(schemas: ReadonlyMap<string, Schema>): string[] {
  const rows = new Map<string, Row>();
  const frameworks = [...schemas].filter(([, { properties }]) => properties?.version);
  for (const [name, schema] of schemas) {
    for (const [key, option] of Object.entries(schema.properties ?? {})) {
      if (byFramework.includes(key) && schema.properties?.version) continue;
      const meaning = withoutTitle(option.description ?? '', schema);
      const value = allowedValues(option);
      const id = JSON.stringify([key, meaning, value]);
      const row = rows.get(id) ?? { key, value, meaning, defaults: new Map() };
      row.defaults.set(
        name,
        option.default === undefined || option.default === false ? '' : code(option.default),
      );
      rows.set(id, row);
    }
  }
  const allRows = [...rows.values()];
  const sharedRows = allRows
    .filter(({ defaults }) => defaults.size > 1)
    .sort((left, right) => left.key.localeCompare(right.key));
  const groups = [...schemas.keys()].map((name) => ({
    name,
    own: allRows.filter(({ defaults }) => defaults.size === 1 && defaults.has(name)),
  }));
  return [
    ...(sharedRows.length > 0 ? ['### Shared', formatOptionList(sharedRows, [...schemas.keys()])] : []),
    ...(frameworks.length > 0 ? [formatFrameworkTable(frameworks)] : []),
    ...groups.flatMap(({ name, own }) =>
      own.length > 0 ? [`### ${name}`, formatOptionList(own, [name])] : [],
    ),
  ];
}

function formatFrameworkTable(frameworks: readonly (readonly [string, Schema])[]): string {
  const rows = frameworks.map(([name, { properties = {} }]) => {
    const { version, retries, effort } = properties;
    const count = retries ? `${code(retries.default)}, at most ${retries.maximum}` : '';
    return [code(name), code(version?.default), count, effort ? allowedValues(effort) : ''];
  });
  const head = ['agent', '`version`', '`retries`', '`effort`'];
  return `\`version\` is the version that a backend with images installs. \`retries\` is how often the framework repeats a request that fails. \`effort\` is how much the model reasons.\n\n${table(head, rows)}`;
}

function formatOptionList(rows: readonly Row[], names: readonly string[]): string {
  return rows
    .map(({ key, value, meaning, defaults }) => {
      const distinct = [...new Set(defaults.values())].filter(Boolean);
      return [
        `- ${code(key)}: ${meaning}`,
        ...(value.includes('`') ? [`One of ${value}.`] : []),
        ...(distinct.length > 0 ? [`Default: ${distinct.join(', ')}.`] : []),
        ...(names.length > 1 ? [getUsers(defaults, names)] : []),
      ]
        .join(' ')
        .trim();
    })
    .join('\n');
}

function getUsers(defaults: ReadonlyMap<string, string>, names: readonly string[]): string {
  const otherNames = names.filter((name) => !defaults.has(name));
  if (otherNames.length === 0) return '';
  return otherNames.length < defaults.size
    ? `Not ${otherNames.map(code).join(', ')}.`
    : `Only ${[...defaults.keys()].map(code).join(', ')}.`;
}

/** `The version of Codex that …` → `The version of the framework that …`, so that equal options are equal. */
function withoutTitle(description: string, { properties }: Schema): string {
  const [, title] = /^The version of (.+) that/.exec(properties?.version?.description ?? '') ?? [];
  return title === undefined ? description : description.replaceAll(title, 'the framework');
}
