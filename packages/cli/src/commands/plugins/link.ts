import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BaseCommand } from '@cooperbench/command';
import { changeList, listListedPlugins, lockPlugins } from '@cooperbench/command/plugins';
import { ConfigError } from '@cooperbench/core/errors';
import * as Args from '@oclif/core/args';
import { listLinesOfPlugin } from '../../plugins/lines.ts';
import { keepVariablesOfNpm } from '../../plugins/npm-environment.ts';
import type { PluginRow } from '../../plugins/rows.ts';
import { buildRows, loadConfigWith } from '../../plugins/try-out.ts';

export default class PluginsLink extends BaseCommand {
  static override configured = false;
  static override summary = 'Use a plugin from the directory where you develop it.';
  static override description =
    'Changes in the directory take effect immediately. Install the dependencies there yourself. An installed plugin of the same name is used again once you remove the link. The exit code is 1 when the plugin is linked but cannot be used.';
  static override examples = ['<%= config.bin %> plugins link .'];
  static override args = {
    path: Args.string({ description: 'Directory with the package.json.', default: '.' }),
  };

  async run(): Promise<readonly PluginRow[]> {
    const { args } = await this.parse(PluginsLink);
    keepVariablesOfNpm(process.env);
    const root = resolve(args.path);
    const name = readPluginName(root);
    const { dataDir } = this.config;
    await using _lock = await lockPlugins(dataDir);
    const previousPlugin = listListedPlugins(dataDir).find((listedPlugin) => listedPlugin.name === name);
    const shadowedInstall = previousPlugin?.type === 'link' ? previousPlugin.shadowedInstall : previousPlugin;
    const link = { name, type: 'link', root, ...(shadowedInstall && { shadowedInstall }) } as const;
    const config = await loadConfigWith(this.config, [link]);
    const rows = await buildRows([name], config);
    // After the import, so that a plugin that ends the process does not change the list.
    await changeList(dataDir, [link]);
    await config.runHook('plugins:postinstall', {});
    for (const line of rows.flatMap(listLinesOfPlugin)) this.log(line);
    if (rows.some(({ problem }) => problem)) process.exitCode = 1;
    return rows;
  }
}

/** Reads the name of the plugin in a directory. @throws ConfigError `PLUGIN_PATH`. */
function readPluginName(root: string): string {
  const hint = 'Name the directory of a package whose package.json has the key "oclif".';
  let manifest: { name?: string; oclif?: object };
  try {
    manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  } catch (cause) {
    throw new ConfigError('PLUGIN_PATH', `${root} has no package.json that can be read.`, { hint, cause });
  }
  if (manifest.name !== undefined && manifest.oclif !== undefined) return manifest.name;
  throw new ConfigError('PLUGIN_PATH', `${root} is not the directory of a plugin.`, { hint });
}
