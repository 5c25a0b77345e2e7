import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base/base-command.ts';
import { install } from '../../plugins/install.ts';
import { linesOfPlugin } from '../../plugins/lines.ts';
import { sweep } from '../../plugins/local-package.ts';
import { npmFor } from '../../plugins/npm.ts';
import { relist } from '../../plugins/oclifs-list.ts';
import { refuseUnfit } from '../../plugins/refuse.ts';
import type { PluginRow } from '../../plugins/rows.ts';
import { rowsAfter } from '../../plugins/rows-after.ts';
import { lookUp, type Wanted } from '../../plugins/wanted.ts';

export default class PluginsInstall extends BaseCommand {
  static override configured = false;
  static override summary = 'Install a plugin: from a registry, a tarball, a git URL or a folder.';
  static override description =
    'npm installs it into the data folder, with its dependencies, and runs their install scripts: install only what you trust. COOPERBENCH_NPM_REGISTRY names another registry. What is no plugin, or was made for another core, is refused. When it fails, all that was installed before stays as it was. The exit code is 1 when a plugin was installed and cannot be used.';
  static override examples = [
    '<%= config.bin %> plugins install cooperbench-agent-foo',
    '<%= config.bin %> plugins install @acme/cooperbench-backend-slurm@1.2.0',
    '<%= config.bin %> plugins install ./cooperbench-agent-foo-1.0.0.tgz',
    '<%= config.bin %> plugins install ./my-plugin',
    '<%= config.bin %> plugins install git+ssh://git@example.org/acme/plugin.git',
  ];
  static override aliases = ['plugins:add'];
  static override strict = false;
  static override args = {
    plugin: Args.string({
      description:
        'Package, tarball, git URL or folder (beginning with a dot or a slash). Several may be given.',
      required: true,
    }),
  };
  static override flags = {
    force: Flags.boolean({ char: 'f', summary: 'Fetch it also when npm has a copy.' }),
    verbose: Flags.boolean({ summary: 'Show what npm does.', exclusive: ['json'] }),
  };

  async run(): Promise<readonly PluginRow[]> {
    const { argv, flags } = await this.parse(PluginsInstall);
    const { dataDir } = this.config;
    relist(dataDir, []);
    const npm = npmFor('plugins install', this.config, flags.verbose);
    const wanted: Wanted[] = [];
    try {
      for (const asked of argv as string[]) {
        const found = await lookUp(asked, npm, dataDir);
        await refuseUnfit(found.manifest);
        wanted.push(found);
      }
      await install(wanted, npm, dataDir, flags.force ? ['--force'] : []);
    } finally {
      await sweep(dataDir);
    }
    const names = wanted.map(({ listed }) => listed.name);
    const rows = await rowsAfter('plugins:postinstall', names, this.config);
    for (const line of rows.flatMap(linesOfPlugin)) this.log(line);
    if (rows.some(({ problem }) => problem)) process.exitCode = 1;
    return rows;
  }
}
