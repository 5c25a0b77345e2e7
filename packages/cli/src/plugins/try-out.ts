import { PluginError } from '@cooperbench/core/errors';
import { Config, Plugin } from '@oclif/core/config';
import type { Config as OclifConfig } from '@oclif/core/interfaces';
import { mergePlugins } from './found-plugins.ts';
import { installedPlugins } from './installed.ts';
import type { ListedPlugin } from './plugin-list.ts';
import { type PluginRow, pluginRows } from './rows.ts';

/** The configuration of the command line as if the list contained these plugins. */
export async function configWith(config: OclifConfig, added: readonly ListedPlugin[]): Promise<OclifConfig> {
  const plugins = new Map(config.plugins);
  for (const { name, type, root } of added) {
    const plugin = new Plugin({ name, type, root });
    await plugin.load();
    plugins.set(name, plugin);
  }
  return Config.load({ root: config.root, plugins });
}

/** The rows of these plugins, as in `cooperbench plugins`. Imports every plugin. */
export async function rowsOf(names: readonly string[], config: OclifConfig): Promise<PluginRow[]> {
  const rows = pluginRows(config, await mergePlugins(await installedPlugins(config)));
  return rows.filter(({ name }) => names.includes(name));
}

/** The error of a plugin that was just installed and cannot be used. Undefined: it can be used. */
export function faultOf({
  name,
  version,
  problem,
  commands,
  ...provided
}: PluginRow): PluginError | undefined {
  if (problem) {
    const { code, message } = problem;
    return new PluginError(code, message, { hint: 'Nothing was changed. Install another version of it.' });
  }
  const providesNothing = Object.values(provided).every(
    (value) => !Array.isArray(value) || value.length === 0,
  );
  if (!providesNothing || commands.length > 0) return undefined;
  return new PluginError(
    'PLUGIN_SHAPE',
    `${name} ${version} is not a plugin of CooperBench: it provides nothing.`,
    {
      hint: 'Nothing was changed. The package.json of a plugin names its file as the oclif hook "cooperbench:plugin". Check the name of the package.',
    },
  );
}
