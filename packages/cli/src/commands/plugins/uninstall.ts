import { resolve } from 'node:path';
import { BaseCommand } from '@cooperbench/command';
import { changeList, type ListedPlugin, listListedPlugins, lockPlugins } from '@cooperbench/command/plugins';
import { PluginError } from '@cooperbench/core/errors';
import * as Args from '@oclif/core/args';
import { Config } from '@oclif/core/config';
import { formatHeadOfPlugin } from '../../plugins/lines.ts';
import { keepVariablesOfNpm } from '../../plugins/npm-environment.ts';
import type { PluginRow } from '../../plugins/rows.ts';
import { buildRows } from '../../plugins/try-out.ts';

interface Uninstalled {
  readonly removed: readonly string[];
  /** Installed or bundled plugins of the same names, which are used again. */
  readonly now: readonly PluginRow[];
}

export default class PluginsUninstall extends BaseCommand {
  static override configured = false;
  static override summary = 'Remove plugins that you installed or linked.';
  static override description =
    'For a linked plugin, only the link is removed: an installed or bundled plugin of the same name is used again.';
  static override examples = ['<%= config.bin %> plugins uninstall @acme/cooperbench-backend-slurm'];
  static override aliases = ['plugins:remove', 'plugins:unlink'];
  static override strict = false;
  static override args = {
    plugin: Args.string({ description: 'Name of the package. You can give several.', required: true }),
  };

  async run(): Promise<Uninstalled> {
    const { argv } = await this.parse(PluginsUninstall);
    keepVariablesOfNpm(process.env);
    const { dataDir } = this.config;
    await using _lock = await lockPlugins(dataDir);
    const installedPlugins = listListedPlugins(dataDir);
    const removedPlugins = (argv as string[]).map((spec) => find(spec, installedPlugins));
    const removed = removedPlugins.map(({ name }) => name);
    await changeList(
      dataDir,
      removedPlugins.flatMap(({ shadowedInstall }) => shadowedInstall ?? []),
      removed,
    );
    const config = await Config.load(this.config.root);
    await config.runHook('plugins:postuninstall', {});
    const rows = await buildRows(removed, config);
    for (const { name, type, root } of removedPlugins) {
      const row = rows.find((pluginRow) => pluginRow.name === name);
      const subject = row && type === 'link' ? `the link of ${name} to ${root}` : name;
      this.log(`Removed ${subject}.${row ? ` ${formatHeadOfPlugin(row)} is used again.` : ''}`);
    }
    return { removed, now: rows };
  }
}

/** Finds a plugin by its name, with or without a version, or by the directory that it is linked from. */
function find(spec: string, listedPlugins: readonly ListedPlugin[]): ListedPlugin {
  const name = spec.replace(/(?<=.)@[^/]*$/, '');
  const plugin = listedPlugins.find(
    (listedPlugin) => listedPlugin.name === name || listedPlugin.root === resolve(spec),
  );
  if (plugin) return plugin;
  throw new PluginError('PLUGIN_COMMAND', `${name} is not installed.`, {
    hint: 'cooperbench plugins lists what is installed.',
  });
}
