import type { ConfigSource, Experiment, FileContent, LoadOptions } from './configuration.ts';
import { getExtendedPath } from './extended-path.ts';
import { readConfigFile } from './files.ts';
import { interpolate, isPlainObject } from './interpolate.ts';
import { withAbsolutePaths } from './merge.ts';
import { configSchema, isRunName, runName } from './schema.ts';
import { refuseUserOnly } from './user-only.ts';
import { checkValue, createInvalidError } from './validate.ts';

/** A checked file. Its variables are replaced and its paths absolute. */
export interface CheckedFile {
  readonly source: ConfigSource;
  readonly content: FileContent;
  /** The entries of the file: names, or the plugins themselves in a file of code. */
  readonly plugins: readonly unknown[];
}

type Options = LoadOptions & { readonly cwd: string; readonly environment: NodeJS.ProcessEnv };

/** Reads a file and the files that it extends, which come first. @throws ConfigError `CONFIG_…`. */
export async function readChain(
  source: ConfigSource,
  options: Options,
  pathsAbove: readonly string[] = [],
): Promise<CheckedFile[]> {
  const file = checkFile(source, options);
  const { path } = source;
  const chains: CheckedFile[] = [];
  for (const [index, name] of [file.content.extends ?? []].flat().entries()) {
    const place = `${source.at(['extends', String(index)])}: extends: `;
    const target = getExtendedPath(name, path, place);
    if ([...pathsAbove, path].includes(target))
      throw createInvalidError(
        [`${place}${name} leads back to ${source.name}.`],
        'Remove one of the "extends" in this circle.',
      );
    const { owner, folder } = source;
    const extended = await readConfigFile(target, { ...options, owner, folder });
    if (extended) chains.push(...(await readChain(extended, options, [...pathsAbove, path])));
  }
  return [...chains, file];
}

function checkFile(source: ConfigSource, options: Options): CheckedFile {
  const { plugins, rest } = splitPlugins(source);
  // A variable that only an unused profile or experiment needs may be missing.
  const isDeferred = ([kind, name]: readonly string[]): boolean =>
    name !== undefined &&
    ((kind === 'profiles' && name !== options.profile) ||
      (kind === 'experiments' && name !== options.experiment));
  const { environment } = options;
  const value = interpolate(rest, { source, environment, schema: configSchema, isDeferred });
  checkValue(configSchema, value, source, { isDeferred });
  refuseUserOnly(source, value);
  const place = <T extends object>(settings: T): T => withAbsolutePaths(settings, source.path);
  const { profiles, experiments, ...content } = place(value as FileContent);
  checkNames(Object.entries(experiments ?? {}), source);
  return {
    source,
    plugins,
    content: {
      ...content,
      ...(profiles && { profiles: mapEach(profiles, place) }),
      ...(experiments && { experiments: mapEach(experiments, place) }),
    },
  };
}

/** Separates the plugins of a file of code, which may list plugins themselves. The schema knows only names. */
function splitPlugins({ value }: ConfigSource): { plugins: readonly unknown[]; rest: unknown } {
  if (!isPlainObject(value) || !Array.isArray(value.plugins)) return { plugins: [], rest: value };
  const { plugins } = value as { plugins: readonly unknown[] };
  const misnamedPlugins = plugins.filter(
    (plugin) => !['function', 'object'].includes(typeof plugin) || plugin === null,
  );
  return { plugins, rest: { ...value, plugins: misnamedPlugins } };
}

/** Checks the names of experiments, because the names of their runs begin with them. */
function checkNames(experiments: readonly (readonly [string, Experiment])[], source: ConfigSource): void {
  const misnamed = experiments.filter(
    ([name, experiment]) => experiment.name === undefined && !isRunName(name),
  );
  const lines = misnamed.map(
    ([name]) => `${source.at(['experiments', name])}: experiments: found "${name}", expected ${runName}`,
  );
  if (lines.length > 0) throw createInvalidError(lines, 'Rename it, or give its runs another "name".');
}

function mapEach<T>(items: Record<string, T>, change: (item: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(items).map(([name, item]) => [name, change(item)]));
}
