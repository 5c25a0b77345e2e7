import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base/base-command.ts';
import { namesOf } from '../../plugins/installed.ts';
import { linesOfPlugin } from '../../plugins/lines.ts';
import { listUnlisted } from '../../plugins/list-unlisted.ts';
import { installable } from '../../plugins/local-package.ts';
import { oclifsCommand, rowsAfter } from '../../plugins/oclifs-command.ts';
import type { PluginRow } from '../../plugins/rows.ts';

export default class PluginsInstall extends BaseCommand {
  static override configured = false;
  static override summary = 'Install a plugin: from a registry, a tarball, a git URL or a folder.';
  static override description =
    'npm installs it into the data folder, with its dependencies, and runs their install scripts: install only what you trust. COOPERBENCH_NPM_REGISTRY names another registry.';
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
    const specs: string[] = [];
    for (const spec of argv as string[]) specs.push(await installable(spec, this.config.dataDir));
    const more = [
      ...(flags.force ? ['--force'] : []),
      ...(flags.verbose ? ['--verbose'] : []),
      ...(this.jsonEnabled() ? ['--silent'] : []),
    ];
    await oclifsCommand('plugins:install', [...specs, ...more], this.config);
    listUnlisted(this.config.dataDir);
    const names = namesOf(specs, this.config.dataDir);
    const rows = (await rowsAfter(this.config)).filter(({ name }) => names.includes(name));
    for (const line of rows.flatMap(linesOfPlugin)) this.log(line);
    return rows;
  }
}
