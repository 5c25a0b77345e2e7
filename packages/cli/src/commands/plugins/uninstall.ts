import * as Args from '@oclif/core/args';
import { BaseCommand } from '../../base/base-command.ts';
import { oclifsCommand } from '../../plugins/oclifs-command.ts';

export default class PluginsUninstall extends BaseCommand {
  static override configured = false;
  static override summary = 'Remove plugins that were installed or linked.';
  static override examples = ['<%= config.bin %> plugins uninstall @acme/cooperbench-backend-slurm'];
  static override aliases = ['plugins:remove', 'plugins:unlink'];
  static override strict = false;
  static override args = {
    plugin: Args.string({ description: "The package's name. Several may be given.", required: true }),
  };

  async run(): Promise<{ readonly removed: readonly string[] }> {
    const { argv } = await this.parse(PluginsUninstall);
    const removed = argv as string[];
    await oclifsCommand('plugins:uninstall', removed, this.config);
    for (const name of removed) this.log(`Removed ${name}.`);
    return { removed };
  }
}
