import { BaseCommand } from '@cooperbench/command';
import { listLinesOfPlugin } from '../../plugins/lines.ts';
import { buildPluginRows, type PluginRow } from '../../plugins/rows.ts';

export default class Plugins extends BaseCommand {
  static override codePolicy = 'if-trusted' as const;
  static override summary =
    'List plugins with their versions, what they provide, and why one cannot be used.';
  static override description =
    'Lists bundled, installed and linked plugins, and those that a configuration file names in a folder that you trust.';
  static override examples = ['<%= config.bin %> plugins', '<%= config.bin %> plugins --json'];

  async run(): Promise<readonly PluginRow[]> {
    await this.parse(Plugins);
    const rows = buildPluginRows(this.config, await this.plugins());
    for (const line of rows.flatMap(listLinesOfPlugin)) this.log(line);
    return rows;
  }
}
