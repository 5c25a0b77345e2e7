import type { Plugin } from '@cooperbench/core';
import { getMessage, PluginError } from '@cooperbench/core/errors';
import { findMissingPackage, ImportTimeout, importOthers } from './imports.ts';
import { describeValue, findShapeFault } from './shape.ts';

/** A plugin to load: a package with the plugin hook, or a file or value that a configuration names. */
export interface PluginSource {
  /** The name of the package, which the plugin must also have. For a file or a value: its name in the configuration. */
  readonly name: string;
  /** The plugin may have any name, because it is a file or a value. */
  readonly anyName?: true;
  /** Its name in messages. Default: its name and version. */
  readonly title?: string;
  readonly version?: string | undefined;
  /** The range of the peer dependency on core. */
  readonly coreRange?: string | undefined;
  /** Imports the file that default-exports the result of `definePlugin`. */
  load(): Promise<unknown>;
  /** The position in a configuration that names it, and its directory or file. If it is absent, no configuration names it. */
  readonly named?: { readonly at: string; readonly root: string };
  /** What the user can do when the plugin cannot be used. */
  readonly remedy: string;
}

/** A plugin that can be used. */
export interface LoadedPlugin {
  readonly plugin: Plugin;
  /** Its peer dependency excludes this core: `… was made for @cooperbench/core ^2.0.0; this is 1.4.0.` It may still work. */
  readonly warning?: string | undefined;
}

/**
 * Loads a plugin and checks its shape. `apiVersion` decides whether it fits this core. The range of its peer dependency only
 * explains a fault, or warns.
 * @throws PluginError `PLUGIN_LOAD`, `PLUGIN_HANG`, `PLUGIN_API`, `PLUGIN_SHAPE`, each with the remedy.
 */
export async function loadPlugin(from: PluginSource): Promise<LoadedPlugin> {
  const title = getTitle(from);
  const madeFor = await findOtherCore(from.coreRange);
  const madeForText = madeFor === undefined ? '' : ` It was made for ${madeFor}.`;
  const { hook, plugin } = await callHook(from, title, madeForText);
  const apiFault = await findOtherApi(plugin, title);
  if (apiFault !== undefined)
    throw new PluginError('PLUGIN_API', `${apiFault}${madeForText}`, { hint: from.remedy });
  const fault =
    typeof hook === 'function'
      ? findShapeFault(plugin, from.anyName ? undefined : from.name)
      : `its default export is ${describeValue(hook)}`;
  if (fault === undefined) {
    const { version = from.version } = plugin as Plugin;
    const warning = madeFor === undefined ? undefined : `${title} was made for ${madeFor}.`;
    return { plugin: { ...(plugin as Plugin), version }, warning };
  }
  throw new PluginError(
    'PLUGIN_SHAPE',
    `${title} does not export the result of definePlugin: ${fault}.${madeForText}`,
    {
      hint: from.anyName
        ? 'The file must default-export definePlugin({ … }).'
        : `Its author can fix that: the file that its package.json names as the hook "cooperbench:plugin" must default-export definePlugin({ … }). ${from.remedy}`,
    },
  );
}

/** Creates the error for a plugin whose file is missing because nobody has built it. `title` begins its message. */
export function createNotBuiltError(title: string, root: string, file: string): PluginError {
  const hint = `Build it: npm install && npm run build, in ${root}.`;
  return new PluginError('PLUGIN_LOAD', `${title} is not built: it has no ${file}.`, { hint });
}

/** `Plugin @acme/cooperbench-backend-slurm 1.2.0`, or where a configuration names it. */
function getTitle({ title, name, version }: PluginSource): string {
  return title ?? `Plugin ${version === undefined ? name : `${name} ${version}`}`;
}

/** Describes the core that a plugin was made for, and this one. Returns undefined if the range includes this core. */
async function findOtherCore(coreRange: string | undefined): Promise<string | undefined> {
  // Every version before 1.0, which most plugins name. This saves loading semver.
  if (coreRange === undefined || coreRange === '<1' || coreRange === '*') return undefined;
  const [{ coreVersion }, { default: satisfies }, { default: validRange }] = await Promise.all([
    import('@cooperbench/core/host'),
    import('semver/functions/satisfies.js'),
    import('semver/ranges/valid.js'),
  ]);
  if (validRange(coreRange) === null || satisfies(coreVersion, coreRange, { includePrerelease: true }))
    return undefined;
  return `@cooperbench/core ${coreRange}; this is ${coreVersion}`;
}

/**
 * Says that a plugin has a version of the contracts that this core does not know. Returns undefined if it knows it, or there
 * is none.
 */
async function findOtherApi(plugin: unknown, title: string): Promise<string | undefined> {
  const { apiVersion } = (plugin ?? {}) as { apiVersion?: unknown };
  if (typeof apiVersion !== 'number') return undefined;
  const { apiVersions } = await import('@cooperbench/core/host');
  if (apiVersions.includes(apiVersion)) return undefined;
  return `${title} has apiVersion ${apiVersion}; this core takes ${apiVersions.join(', ')}.`;
}

/** Loads the default export and, if it is a function, calls it. */
async function callHook(
  { load, remedy, anyName }: PluginSource,
  title: string,
  madeForText: string,
): Promise<{ hook: unknown; plugin?: unknown }> {
  try {
    return await importOthers(async () => {
      const { default: defaultExport } = (await load()) as { default?: unknown };
      // In a plugin compiled to CommonJS, the default export is one level deeper.
      const hook = (defaultExport as { default?: unknown } | null | undefined)?.default ?? defaultExport;
      return typeof hook === 'function' ? { hook, plugin: await hook() } : { hook };
    });
  } catch (error) {
    if (PluginError.is(error)) throw error;
    // npm installs the dependencies of a package. Those of a file belong to the project, so the user may have to install them.
    const missing = anyName && findMissingPackage(error);
    const message = `${title} could not be loaded: ${getMessage(error)}${madeForText}`;
    if (error instanceof ImportTimeout) throw new PluginError('PLUGIN_HANG', message, { hint: remedy });
    throw new PluginError('PLUGIN_LOAD', message, {
      hint: missing ? `Install it: npm install --save-dev ${missing}` : remedy,
      cause: error,
    });
  }
}
