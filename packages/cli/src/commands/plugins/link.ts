import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ConfigError } from '@cooperbench/core/errors';
import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../base/base-command.ts';
import { linesOfPlugin } from '../../plugins/lines.ts';
import { listed, relist } from '../../plugins/oclifs-list.ts';
import type { PluginRow } from '../../plugins/rows.ts';
import { rowsAfter } from '../../plugins/rows-after.ts';

export default class PluginsLink extends BaseCommand {
  static override configured = false;
  static override summary = 'Use a plugin from the folder it is developed in.';
  static override description =
    'Changes there count at once. Its dependencies are not installed: do that in the folder. An installed plugin of the same name is used again when the link is removed. The exit code is 1 when it was linked and cannot be used.';
  static override examples = ['<%= config.bin %> plugins link .'];
  static override args = {
    path: Args.string({ description: 'Folder with its package.json.', default: '.' }),
  };

  async run(): Promise<readonly PluginRow[]> {
    const { args } = await this.parse(PluginsLink);
    const root = resolve(args.path);
    const name = nameOfPlugin(root);
    const { dataDir } = this.config;
    const before = listed(dataDir).find((one) => one.name === name);
    const covers = before?.type === 'link' ? before.covers : before;
    relist(dataDir, [{ name, type: 'link', root, ...(covers && { covers }) }]);
    const rows = await rowsAfter('plugins:postinstall', [name], this.config);
    for (const line of rows.flatMap(linesOfPlugin)) this.log(line);
    if (rows.some(({ problem }) => problem)) process.exitCode = 1;
    return rows;
  }
}

/** @throws ConfigError `PLUGIN_PATH`. */
function nameOfPlugin(root: string): string {
  const hint = 'Name the folder of a package whose package.json has the key "oclif".';
  let manifest: { name?: string; oclif?: object };
  try {
    manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  } catch (cause) {
    throw new ConfigError('PLUGIN_PATH', `${root} has no package.json that can be read.`, { hint, cause });
  }
  if (manifest.name !== undefined && manifest.oclif !== undefined) return manifest.name;
  throw new ConfigError('PLUGIN_PATH', `${root} is not a plugin's folder.`, { hint });
}
