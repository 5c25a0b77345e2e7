import { createRequire } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import { ConfigError } from '@cooperbench/core/errors';
import { interpolate, isPlainObject } from './interpolate.ts';
import type { LoadOptions } from './load.ts';
import { type ConfigSource, readConfigFile } from './read.ts';
import { configSchema, type FileContent, type Settings } from './schema.ts';
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
    const target = resolved(name, path, at);
    if ([...above, path].includes(target))
      throw invalid(
        [`${at}${name} leads back to ${source.name}.`],
        'Let a file extend only what does not extend it.',
      );
    chains.push(...(await readChain(target, options, [...above, path])));
  }
  return [...chains, file];
}

function resolved(name: string, from: string, at: string): string {
  if (/^\.{0,2}\//.test(name)) return resolve(dirname(from), name);
  try {
    return createRequire(from).resolve(name);
  } catch (error) {
    throw new ConfigError('CONFIG_EXTENDS', `${at}the package "${name}" is not found.`, {
      hint: `Install it in ${dirname(from)}, or write ./${name} for a file.`,
      cause: error,
    });
  }
}

function checked(source: ConfigSource, options: Options): CheckedFile {
  const { plugins, rest } = withoutPlugins(source);
  const value = interpolateChosen(rest, source, options);
  checkValue(configSchema, value, source);
  const place = <T extends object>(settings: T): T => placed(settings, source.path, options.cwd);
  const { profiles, experiments, ...content } = place(value as FileContent);
  return {
    source,
    plugins,
    content: {
      ...content,
      ...(profiles && { profiles: eachOf(profiles, place) }),
      ...(experiments && {
        experiments: eachOf(experiments, (one) => ({ ...place(one), matrix: place(one.matrix) })),
      }),
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

/** A variable that only another profile or experiment needs may be missing. */
function interpolateChosen(value: unknown, source: ConfigSource, options: Options): unknown {
  if (!isPlainObject(value)) return value;
  const { profiles, experiments, ...rest } = value;
  const chosen = (key: string, all: unknown, name: string | undefined): object => {
    if (all === undefined) return {};
    if (name === undefined || typeof all !== 'object' || all === null || !(name in all))
      return { [key]: all };
    const one = (all as Record<string, unknown>)[name];
    return { [key]: { ...all, [name]: interpolate(one, source, options.environment, [key, name]) } };
  };
  return {
    ...(interpolate(rest, source, options.environment) as object),
    ...chosen('profiles', profiles, options.profile),
    ...chosen('experiments', experiments, options.experiment),
  };
}

function eachOf<T>(all: Record<string, T>, change: (one: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(all).map(([name, one]) => [name, change(one)]));
}

const pathKeys = ['datasetDir', 'logDir', 'agentConfig'] as const satisfies readonly (keyof Settings)[];

/** Paths of a file are relative to its folder; the working directory's are what the rest of the program takes. */
function placed<T extends object>(settings: T, file: string, cwd: string): T {
  const move = (path: unknown): unknown =>
    Array.isArray(path)
      ? path.map(move)
      : path === undefined
        ? undefined
        : relative(cwd, resolve(dirname(file), String(path))) || '.';
  const entries = Object.entries(settings).map(([key, value]) => [
    key,
    (pathKeys as readonly string[]).includes(key) ? move(value) : value,
  ]);
  return Object.fromEntries(entries) as T;
}
