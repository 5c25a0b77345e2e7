import { messageOf, PluginError } from '@cooperbench/core/errors';
import type { Config } from '@oclif/core/interfaces';
import { together } from './found.ts';
import { installedPlugins } from './installed.ts';
import { type PluginRow, pluginRows } from './rows.ts';

const npm = 'With --verbose you see what npm does.';
const hints = {
  'plugins:install': `A plugin is a package whose package.json has the key "oclif". ${npm}`,
  'plugins:link': 'Name the folder of a package whose package.json has the key "oclif".',
  'plugins:uninstall': 'See what there is: cooperbench plugins.',
  'plugins:update': npm,
};

/** Runs a command of oclif's plugin manager. @throws PluginError `PLUGIN_COMMAND` with what it says. */
export async function oclifsCommand(
  id: keyof typeof hints,
  argv: readonly string[],
  config: Config,
): Promise<void> {
  const { commands } = await import('@oclif/plugin-plugins');
  try {
    await commands[id].run([...argv], config as never);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'EEXIT') throw error;
    const name = id.replace(':', ' ');
    const said = messageOf(error).replace(/\.$/, '');
    const misnamed = /does not exist in the registry|Invalid npm package name/.test(said);
    throw new PluginError('PLUGIN_COMMAND', `cooperbench ${name} failed: ${said}.`, {
      hint: misnamed ? 'Check the name of the package; a path begins with ./ here.' : hints[id],
      cause: error,
    });
  }
}

/** What there is after such a command, as the next command finds it. */
export async function rowsAfter(config: Config): Promise<PluginRow[]> {
  const { Config: OclifConfig } = await import('@oclif/core/config');
  const fresh = await OclifConfig.load(config.root);
  return pluginRows(fresh, await together(await installedPlugins(fresh)));
}
