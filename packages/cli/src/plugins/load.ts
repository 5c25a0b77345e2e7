import type { Plugin } from '@cooperbench/core';
import { messageOf, PluginError } from '@cooperbench/core/errors';
import { missingPackage, withImportTimeout } from './imports.ts';
import { described, shapeFault } from './shape.ts';

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
  /** The position in a configuration that names it, and its directory or file. Absent: no configuration names it. */
  readonly named?: { readonly at: string; readonly root: string };
  /** What the user can do when the plugin cannot be used. */
  readonly remedy: string;
}

/**
 * Loads a plugin and checks its shape.
 * @throws PluginError `PLUGIN_PEER`, `PLUGIN_LOAD`, `PLUGIN_SHAPE`, each with the remedy.
 */
export async function loadPlugin(from: PluginSource): Promise<Plugin> {
  const title = titleOf(from);
  // Checked first, because a plugin for another core may fail to load with a less helpful message.
  await refuseOtherCore(from, title);
  const { hook, plugin } = await callHook(from, title);
  const fault =
    typeof hook === 'function'
      ? shapeFault(plugin, from.anyName ? undefined : from.name)
      : `its default export is ${described(hook)}`;
  if (fault === undefined) {
    const { version = from.version } = plugin as Plugin;
    return { ...(plugin as Plugin), version };
  }
  throw new PluginError('PLUGIN_SHAPE', `${title} does not export the result of definePlugin: ${fault}.`, {
    hint: from.anyName
      ? 'The file must default-export definePlugin({ … }).'
      : `Its author can fix that: the file that its package.json names as the hook "cooperbench:plugin" must default-export definePlugin({ … }). ${from.remedy}`,
  });
}

/** `Plugin @acme/cooperbench-backend-slurm 1.2.0`, or where a configuration names it. */
function titleOf({ title, name, version }: PluginSource): string {
  return title ?? `Plugin ${version === undefined ? name : `${name} ${version}`}`;
}

/** Refuses a plugin whose peer dependency excludes this core. @throws PluginError `PLUGIN_PEER`. */
export async function refuseOtherCore(
  { coreRange, remedy }: Pick<PluginSource, 'coreRange' | 'remedy'>,
  title: string,
): Promise<void> {
  if (coreRange === undefined) return;
  const { coreVersion } = await import('@cooperbench/core/host');
  // A plugin of this release or this workspace fits. This saves loading semver.
  if (coreRange === `^${coreVersion}` || coreRange === 'workspace:^') return;
  const [{ default: satisfies }, { default: validRange }] = await Promise.all([
    import('semver/functions/satisfies.js'),
    import('semver/ranges/valid.js'),
  ]);
  if (validRange(coreRange) === null || satisfies(coreVersion, coreRange, { includePrerelease: true }))
    return;
  throw new PluginError(
    'PLUGIN_PEER',
    `${title} was made for @cooperbench/core ${coreRange}; this is ${coreVersion}.`,
    { hint: remedy },
  );
}

/** Loads the default export and, if it is a function, calls it. */
async function callHook(
  { load, remedy, anyName }: PluginSource,
  title: string,
): Promise<{ hook: unknown; plugin?: unknown }> {
  try {
    return await withImportTimeout(async () => {
      const { default: exported } = (await load()) as { default?: unknown };
      // In a plugin compiled to CommonJS, the default export is one level deeper.
      const hook = (exported as { default?: unknown } | null | undefined)?.default ?? exported;
      return typeof hook === 'function' ? { hook, plugin: await hook() } : { hook };
    });
  } catch (error) {
    if (PluginError.is(error)) throw error;
    // npm installs the dependencies of a package. Those of a file belong to the project, so the user may have to install them.
    const missing = anyName && missingPackage(error);
    throw new PluginError('PLUGIN_LOAD', `${title} could not be loaded: ${messageOf(error)}`, {
      hint: missing ? `Install it: npm install --save-dev ${missing}` : remedy,
      cause: error,
    });
  }
}
