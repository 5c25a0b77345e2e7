import { resolve } from 'node:path';
import { PluginError } from '@cooperbench/core/errors';
import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../base/base-command.ts';
import { uninstall } from '../../plugins/install.ts';
import { headOfPlugin } from '../../plugins/lines.ts';
import { npmFor } from '../../plugins/npm.ts';
import { type Listed, listed, relist } from '../../plugins/oclifs-list.ts';
import type { PluginRow } from '../../plugins/rows.ts';
import { rowsAfter } from '../../plugins/rows-after.ts';

interface Uninstalled {
  readonly removed: readonly string[];
  /** What is used in their place. */
  readonly now: readonly PluginRow[];
}

export default class PluginsUninstall extends BaseCommand {
  static override configured = false;
  static override summary = 'Remove plugins that were installed or linked.';
  static override description =
    'Of a linked plugin only the link is removed: an installed or bundled one of the same name is used again.';
  static override examples = ['<%= config.bin %> plugins uninstall @acme/cooperbench-backend-slurm'];
  static override aliases = ['plugins:remove', 'plugins:unlink'];
  static override strict = false;
  static override args = {
    plugin: Args.string({ description: "The package's name. Several may be given.", required: true }),
  };

  async run(): Promise<Uninstalled> {
    const { argv } = await this.parse(PluginsUninstall);
    const { dataDir } = this.config;
    const there = listed(dataDir);
    const gone = (argv as string[]).map((asked) => find(asked, there));
    const removed = gone.map(({ name }) => name);
    const installed = gone.filter(({ type }) => type === 'user').map(({ name }) => name);
    await uninstall(installed, npmFor('plugins uninstall', this.config), dataDir);
    const uncovered = gone.flatMap(({ covers }) => covers ?? []);
    relist(dataDir, uncovered, removed);
    const now = await rowsAfter('plugins:postuninstall', removed, this.config);
    for (const { name, type, root } of gone) {
      const row = now.find((one) => one.name === name);
      const what = row && type === 'link' ? `the link of ${name} to ${root}` : name;
      this.log(`Removed ${what}.${row ? ` ${headOfPlugin(row)} is used again.` : ''}`);
    }
    return { removed, now };
  }
}

/** A plugin by its name, with or without a version, or by the folder it is linked from. @throws PluginError. */
function find(asked: string, there: readonly Listed[]): Listed {
  const name = asked.replace(/(?<=.)@[^/]*$/, '');
  const found = there.find((one) => one.name === name || one.root === resolve(asked));
  if (found) return found;
  throw new PluginError('PLUGIN_COMMAND', `cooperbench plugins uninstall failed: ${name} is not installed.`, {
    hint: 'See what there is: cooperbench plugins.',
  });
}
