import { relative } from 'node:path';
import { ConfigError } from '@cooperbench/core/errors';
import type { RunOrigin } from '@cooperbench/core/host';
import { suggest } from '@cooperbench/core/nearest';
import type { Configuration } from './configuration.ts';
import { findProjectFile, findUserFile } from './find.ts';
import { type Layer, merge } from './merge.ts';
import type { Settings } from './schema.ts';

export interface LoadOptions {
  /** Where the search for the project's file begins. Absent: the working directory. */
  readonly cwd?: string | undefined;
  readonly environment?: NodeJS.ProcessEnv | undefined;
  readonly profile?: string | undefined;
  readonly experiment?: string | undefined;
}

/**
 * The user's and the project's configuration file with what they extend. Precedence: profile over base, project over user,
 * a file over what it extends. @throws ConfigError `CONFIG_…`, `UNKNOWN_PROFILE`.
 */
export async function loadConfiguration(options: LoadOptions = {}): Promise<Configuration> {
  const { cwd = process.cwd(), environment = process.env, profile } = options;
  const found = [await findUserFile(environment), await findProjectFile(cwd)];
  const paths = found.filter((path) => path !== undefined);
  const files = paths.length === 0 ? [] : await readAll(paths, { ...options, cwd, environment });
  const known = [...new Set(files.flatMap(({ content }) => Object.keys(content.profiles ?? {})))];
  if (profile !== undefined && !known.includes(profile))
    throw new ConfigError('UNKNOWN_PROFILE', `No configuration file has a profile "${profile}".`, {
      hint: suggest(profile, known),
    });
  const chosen = files.flatMap(({ source, content }): Layer[] => {
    const values = profile === undefined ? undefined : content.profiles?.[profile];
    return values ? [{ source, path: ['profiles', profile ?? ''], values }] : [];
  });
  const base = files.map(({ source, content }): Layer => ({ source, path: [], values: settingsOf(content) }));
  const layers = [...base, ...chosen];
  return {
    cwd,
    sources: files.map(({ source }) => source).reverse(),
    layers,
    values: merge(layers),
    profile,
    plugins: files.flatMap(({ source, plugins }) =>
      plugins.map((plugin, index) => ({ plugin, index, source })),
    ),
    experiments: new Map(
      files.flatMap(({ source, content }) =>
        Object.entries(content.experiments ?? {}).map(([name, value]) => [name, { source, value }] as const),
      ),
    ),
  };
}

/** Which configuration a run's options came from, for its record. */
export function originOf(
  { cwd, sources, profile }: Configuration,
  experiment?: string,
): RunOrigin | undefined {
  if (sources.length === 0) return undefined;
  const files = sources.map(({ path, sha256 }) => ({ path: relative(cwd, path), sha256 }));
  return {
    files,
    ...(profile !== undefined && { profile }),
    ...(experiment !== undefined && { experiment }),
  };
}

type Files = Awaited<ReturnType<typeof import('./read-chain.ts').readChain>>;

/** What reading takes is loaded only where there is something to read. */
async function readAll(
  paths: readonly string[],
  options: Parameters<typeof import('./read-chain.ts').readChain>[1],
): Promise<Files> {
  const { readChain } = await import('./read-chain.ts');
  const chains: Files[] = [];
  for (const path of paths) chains.push(await readChain(path, options));
  return chains.flat();
}

function settingsOf(content: Files[number]['content']): Settings {
  const { $schema, extends: _, plugins, profiles, experiments, ...settings } = content;
  return settings;
}
