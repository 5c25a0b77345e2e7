import { BaseCommand } from '@cooperbench/command';
import { changeList, listListedPlugins, lockPlugins } from '@cooperbench/command/plugins';

export default class PluginsReset extends BaseCommand {
  static override configured = false;
  static override summary = 'Remove all plugins that were installed or linked.';
  static override description =
    'Imports none of them, so it works whatever they do. Bundled plugins and those of a project stay.';
  static override examples = ['<%= config.bin %> plugins reset'];

  async run(): Promise<{ readonly removed: readonly string[] }> {
    await this.parse(PluginsReset);
    const { dataDir } = this.config;
    await using _lock = await lockPlugins(dataDir);
    const removed = listListedPlugins(dataDir).map(({ name }) => name);
    await changeList(dataDir, [], removed);
    for (const name of removed) this.log(`Removed ${name}.`);
    if (removed.length === 0) this.log('No plugin was installed or linked.');
    return { removed };
  }
}
