import { extendedPath } from './extended-path.ts';
import { interpolate, isPlainObject } from './interpolate.ts';
import type { LoadOptions } from './load.ts';
import { placed } from './paths.ts';
import { type ConfigSource, readConfigFile } from './read.ts';
import { configSchema, type Experiment, type FileContent, isRunName, runName } from './schema.ts';
import { checkValue, invalid } from './validate.ts';

/** A file that was read, checked, and freed of variables and relative paths. */
export interface CheckedFile {
  readonly source: ConfigSource;
  readonly content: FileContent;
  /** As the file has them: names, or in code the plugins themselves. */
  readonly plugins: readonly unknown[];
}

type Options = LoadOptions & { readonly cwd: string; readonly environment: NodeJS.ProcessEnv };

/** A file and before it what it extends. @throws ConfigError `CONFIG_…`. */
export async function readChain(
  path: string,
  options: Options,
  above: readonly string[] = [],
): Promise<CheckedFile[]> {
  const source = await readConfigFile(path, options.cwd);
  const file = checked(source, options);
  const extended = [file.content.extends ?? []].flat();
  const chains: CheckedFile[] = [];
  for (const [index, name] of extended.entries()) {
    const at = `${source.at(['extends', String(index)])}: extends: `;
    const target = extendedPath(name, path, at);
    if ([...above, path].includes(target))
      throw invalid(
        [`${at}${name} leads back to ${source.name}.`],
        'Let a file extend only what does not extend it.',
      );
    chains.push(...(await readChain(target, options, [...above, path])));
  }
  return [...chains, file];
}

function checked(source: ConfigSource, options: Options): CheckedFile {
  const { plugins, rest } = withoutPlugins(source);
  // A variable that only another profile or experiment needs may be missing.
  const waits = ([kind, name]: readonly string[]): boolean =>
    name !== undefined &&
    ((kind === 'profiles' && name !== options.profile) ||
      (kind === 'experiments' && name !== options.experiment));
  const { environment } = options;
  const value = interpolate(rest, { source, environment, schema: configSchema, waits });
  checkValue(configSchema, value, source, { waits });
  const place = <T extends object>(settings: T): T => placed(settings, source.path);
  const { profiles, experiments, ...content } = place(value as FileContent);
  checkNames(Object.entries(experiments ?? {}), source);
  return {
    source,
    plugins,
    content: {
      ...content,
      ...(profiles && { profiles: eachOf(profiles, place) }),
      ...(experiments && { experiments: eachOf(experiments, place) }),
    },
  };
}

/** In code, plugins may be given as what they are; the schema knows their names alone. */
function withoutPlugins({ value }: ConfigSource): { plugins: readonly unknown[]; rest: unknown } {
  if (!isPlainObject(value) || !Array.isArray(value.plugins)) return { plugins: [], rest: value };
  const { plugins } = value as { plugins: readonly unknown[] };
  const named = plugins.filter(
    (plugin) => !['function', 'object'].includes(typeof plugin) || plugin === null,
  );
  return { plugins, rest: { ...value, plugins: named } };
}

/** The names of an experiment's runs begin with its own. */
function checkNames(experiments: readonly (readonly [string, Experiment])[], source: ConfigSource): void {
  const wrong = experiments.filter(([name, one]) => one.name === undefined && !isRunName(name));
  const lines = wrong.map(
    ([name]) => `${source.at(['experiments', name])}: experiments: found "${name}", expected ${runName}`,
  );
  if (lines.length > 0) throw invalid(lines, 'Call it otherwise, or give its runs a "name" of their own.');
}

function eachOf<T>(all: Record<string, T>, change: (one: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(all).map(([name, one]) => [name, change(one)]));
}
