import { relative } from 'node:path';
import { ConfigError } from '@cooperbench/core/errors';
import { suggest } from '@cooperbench/core/nearest';
import type { RunOrigin } from '@cooperbench/records';
import type { Settings } from '../settings/values.ts';
import type {
  AllowCode,
  ConfigSource,
  Configuration,
  FileContent,
  Layer,
  LoadOptions,
} from './configuration.ts';
import { readProjectFile, readUserFile } from './files.ts';
import { merge } from './merge.ts';

/**
 * Reads the user's and the project's configuration file, and the files that they extend. A profile takes precedence over
 * settings outside it, the project over the user, and a file over the files that it extends.
 * @throws ConfigError `CONFIG_…`, `UNKNOWN_PROFILE`.
 */
export async function loadConfiguration(options: LoadOptions = {}): Promise<Configuration> {
  const { cwd = process.cwd(), environment = process.env, profile } = options;
  let isComplete = true;
  const allowCode: AllowCode = async (code) => {
    const isAllowed = (await options.allowCode?.(code)) ?? true;
    isComplete &&= isAllowed;
    return isAllowed;
  };
  const configSources = [await readUserFile(environment, cwd), await readProjectFile(cwd, allowCode)];
  const files = await readChains(
    configSources.filter((source) => source !== undefined),
    { ...options, cwd, environment, allowCode },
  );
  const profileNames = [...new Set(files.flatMap(({ content }) => Object.keys(content.profiles ?? {})))];
  // A file that is left out may have the profile.
  if (profile !== undefined && !profileNames.includes(profile) && isComplete)
    throw new ConfigError('UNKNOWN_PROFILE', `No configuration file has a profile "${profile}".`, {
      hint: suggest(profile, profileNames),
    });
  const sourceLayers = files.flatMap(({ source, content }): Layer[] => {
    const values = profile === undefined ? undefined : content.profiles?.[profile];
    return values ? [{ source, path: ['profiles', profile ?? ''], values }] : [];
  });
  const base = files.map(
    ({ source, content }): Layer => ({ source, path: [], values: buildSettings(content) }),
  );
  const layers = [...base, ...sourceLayers];
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

/** Describes the configuration that a run's options came from, for config.json. */
export function findOrigin(
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

type ReadChain = typeof import('./read-chain.ts').readChain;

async function readChains(
  sources: readonly ConfigSource[],
  options: Parameters<ReadChain>[1],
): Promise<Awaited<ReturnType<ReadChain>>> {
  if (sources.length === 0) return [];
  // Loaded only for files that exist, because the schema and its validator take longest to load.
  const { readChain } = await import('./read-chain.ts');
  const chains: Awaited<ReturnType<ReadChain>>[] = [];
  for (const source of sources) chains.push(await readChain(source, options));
  return chains.flat();
}

function buildSettings(content: FileContent): Settings {
  const { $schema, extends: _, plugins, profiles, experiments, ...settings } = content;
  return settings;
}
