import { BaseCommand } from '@cooperbench/command';
import {
  changeList,
  clonePackages,
  type ListedPlugin,
  listListedPlugins,
  lockPlugins,
} from '@cooperbench/command/plugins';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { install } from '../../plugins/installation.ts';
import { listLinesOfPlugin } from '../../plugins/lines.ts';
import { allowScriptsFlag } from '../../plugins/npm.ts';
import { keepVariablesOfNpm } from '../../plugins/npm-environment.ts';
import type { PluginRow } from '../../plugins/rows.ts';
import { buildRows, findFault, formatSkippedScripts, loadConfigWith } from '../../plugins/try-out.ts';

export default class PluginsInstall extends BaseCommand {
  static override configured = false;
  static override summary = 'Install plugins from a registry, a tarball, a git URL or a directory.';
  static override description =
    'npm installs each plugin with its dependencies, without install scripts. Imports each plugin once, without the variables that hold your keys: install only what you trust. A plugin that cannot be used is not installed. When the command fails, the plugins that were installed before stay as they were.';
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
        'Package, tarball, git URL or directory. A path starts with a dot or a slash. You can give several.',
      required: true,
    }),
  };
  static override flags = {
    'allow-scripts': allowScriptsFlag,
    verbose: Flags.boolean({ summary: 'Show the output of npm.', exclusive: ['json'] }),
  };

  async run(): Promise<readonly PluginRow[]> {
    const { argv, flags } = await this.parse(PluginsInstall);
    keepVariablesOfNpm(process.env);
    const npm = { verbose: flags.verbose, allowScripts: flags['allow-scripts'] };
    const { dataDir } = this.config;
    listListedPlugins(dataDir);
    await using _lock = await lockPlugins(dataDir);
    const addedPlugins: ListedPlugin[] = [];
    const withScripts = new Map<string, readonly string[]>();
    // A clone has its own packages, which may not be on npm yet.
    const ofClone = clonePackages().map(({ name }) => name);
    const specs = argv as string[];
    for (const spec of specs.filter((spec) => !ofClone.includes(spec))) {
      const { listed, installed } = await install(spec, dataDir, npm);
      addedPlugins.push(listed);
      withScripts.set(listed.name, installed.withScripts);
    }
    const config = await loadConfigWith(this.config, addedPlugins);
    const names = [
      ...specs.filter((spec) => ofClone.includes(spec)),
      ...addedPlugins.map(({ name }) => name),
    ];
    const rows = await buildRows(names, config);
    const candidates = rows.map((row) => ({
      ...{ row, allowScripts: npm.allowScripts },
      withScripts: withScripts.get(row.name) ?? [],
    }));
    for (const fault of candidates.flatMap((candidate) => findFault(candidate) ?? [])) throw fault;
    await changeList(dataDir, addedPlugins);
    await config.runHook('plugins:postinstall', {});
    for (const line of rows.flatMap(listLinesOfPlugin)) this.log(line);
    for (const line of candidates.map(formatSkippedScripts).filter(Boolean))
      this.logToStderr(`Warning: ${line}`);
    return rows;
  }
}
