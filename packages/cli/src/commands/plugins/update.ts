import { BaseCommand } from '@cooperbench/command';
import { changeList, type ListedPlugin, listListedPlugins, lockPlugins } from '@cooperbench/command/plugins';
import * as Flags from '@oclif/core/flags';
import { install, readInstalled } from '../../plugins/installation.ts';
import { allowScriptsFlag } from '../../plugins/npm.ts';
import { keepVariablesOfNpm } from '../../plugins/npm-environment.ts';
import {
  buildRows,
  type Candidate,
  findFault,
  formatSkippedScripts,
  loadConfigWith,
} from '../../plugins/try-out.ts';

interface UpdatedPlugin {
  readonly name: string;
  /** It is null if the plugin was missing or incomplete. */
  readonly was: string | null;
  readonly is: string | null;
  /** The reason why a newer version was not installed. */
  readonly refused: string | null;
  /** The reason why the version that is there is left out. */
  readonly problem: string | null;
}

export default class PluginsUpdate extends BaseCommand {
  static override configured = false;
  static override summary = 'Update the plugins that were installed from a registry or a git URL.';
  static override description =
    'Installs each plugin again as you asked for it: NAME@1.2.0 stays. npm runs no install scripts. A newer version that cannot be used is not installed. When the command fails, all plugins stay as they were.';
  static override examples = ['<%= config.bin %> plugins update'];
  static override flags = {
    'allow-scripts': allowScriptsFlag,
    verbose: Flags.boolean({ summary: 'Show the output of npm.', exclusive: ['json'] }),
  };

  async run(): Promise<readonly UpdatedPlugin[]> {
    const { flags } = await this.parse(PluginsUpdate);
    keepVariablesOfNpm(process.env);
    const npm = { verbose: flags.verbose, allowScripts: flags['allow-scripts'] };
    const { dataDir } = this.config;
    await using _lock = await lockPlugins(dataDir);
    const updated: Omit<UpdatedPlugin, 'problem'>[] = [];
    const addedPlugins: ListedPlugin[] = [];
    for (const { name, root, spec } of listListedPlugins(dataDir)) {
      if (spec === undefined) continue;
      const previousPackage = readInstalled(root, name);
      const { listed, installed } = await install(spec, dataDir, npm);
      const previousVersion = previousPackage?.version ?? null;
      const isNew = previousPackage?.resolved !== installed.resolved;
      const scripts = { withScripts: installed.withScripts, allowScripts: npm.allowScripts };
      const refusal = isNew ? await this.#findRefusal(listed, scripts) : null;
      if (isNew && refusal === null) addedPlugins.push(listed);
      const skipped = isNew ? formatSkippedScripts(scripts) : '';
      if (skipped) this.logToStderr(`Warning: ${name}: ${skipped}`);
      updated.push({
        name,
        was: previousVersion,
        is: refusal === null ? installed.version : previousVersion,
        refused: refusal,
      });
    }
    await changeList(dataDir, addedPlugins);
    await this.config.runHook('plugins:postinstall', {});
    const rows = await buildRows(
      updated.map(({ name }) => name),
      await loadConfigWith(this.config, addedPlugins),
    );
    const result = updated.map((updatedPlugin): UpdatedPlugin => {
      const row = rows.find(({ name }) => name === updatedPlugin.name);
      return { ...updatedPlugin, problem: row?.problem?.message ?? null };
    });
    const lines = result.flatMap(listLines);
    for (const line of lines.length > 0 ? lines : ['All plugins are up to date.']) this.log(line);
    return result;
  }

  async #findRefusal(plugin: ListedPlugin, scripts: Omit<Candidate, 'row'>): Promise<string | null> {
    const rows = await buildRows([plugin.name], await loadConfigWith(this.config, [plugin]));
    return rows.flatMap((row) => findFault({ row, ...scripts })?.message ?? [])[0] ?? null;
  }
}

function listLines({ name, was, is, refused, problem }: UpdatedPlugin): string[] {
  if (refused !== null) return [`${name} stays ${was ?? 'as it is'}: ${refused}`];
  if (was !== is) return [`${name} ${was ?? '(incomplete)'} → ${is}`];
  return problem === null ? [] : [`${name} ${is} is left out, and there is no other version: ${problem}`];
}
