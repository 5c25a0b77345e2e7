import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base/base-command.ts';
import { linesOfPlugin } from '../../plugins/lines.ts';
import { oclifsCommand, rowsAfter } from '../../plugins/oclifs-command.ts';
import type { PluginRow } from '../../plugins/rows.ts';

export default class PluginsUpdate extends BaseCommand {
  static override configured = false;
  static override summary = 'Update the plugins that were installed from a registry or a git URL.';
  static override examples = ['<%= config.bin %> plugins update'];
  static override flags = {
    verbose: Flags.boolean({ summary: 'Show what npm does.', exclusive: ['json'] }),
  };

  async run(): Promise<readonly PluginRow[]> {
    const { flags } = await this.parse(PluginsUpdate);
    await oclifsCommand('plugins:update', flags.verbose ? ['--verbose'] : [], this.config);
    const rows = (await rowsAfter(this.config)).filter(({ from }) => from === 'installed');
    for (const line of rows.flatMap(linesOfPlugin)) this.log(line);
    return rows;
  }
}
