import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base/base-command.ts';
import { install, installedVersion } from '../../plugins/install.ts';
import { linesOfPlugin } from '../../plugins/lines.ts';
import { type Newer, newer } from '../../plugins/newer.ts';
import { npmFor } from '../../plugins/npm.ts';
import { listed } from '../../plugins/oclifs-list.ts';
import type { PluginRow } from '../../plugins/rows.ts';
import { rowsAfter } from '../../plugins/rows-after.ts';

interface Updated extends PluginRow {
  /** What was installed before; null when it was not there, or not whole. */
  readonly was: string | null;
  /** What is installed now, of a git repository with the commit. */
  readonly is: string | null;
  /** Why the version there is was not installed. */
  readonly refused: string | null;
}

export default class PluginsUpdate extends BaseCommand {
  static override configured = false;
  static override summary = 'Update the plugins that were installed from a registry or a git URL.';
  static override description =
    'Each as it was asked for: what was installed as NAME@1.2.0 stays. What was made for another core is not installed. When it fails, all stay as they were.';
  static override examples = ['<%= config.bin %> plugins update'];
  static override flags = {
    verbose: Flags.boolean({ summary: 'Show what npm does.', exclusive: ['json'] }),
  };

  async run(): Promise<readonly Updated[]> {
    const { flags } = await this.parse(PluginsUpdate);
    const { dataDir } = this.config;
    const npm = npmFor('plugins update', this.config, flags.verbose);
    const found: Newer[] = [];
    for (const plugin of listed(dataDir)) found.push(...[(await newer(plugin, npm, dataDir)) ?? []].flat());
    const wanted = found.flatMap((one) => one.wanted ?? []);
    if (wanted.length > 0) await install(wanted, npm, dataDir);
    const names = found.map(({ name }) => name);
    const rows = await rowsAfter('plugins:postinstall', names, this.config);
    const updated = found.flatMap(({ name, was = null, refused = null }): Updated[] => {
      const row = rows.find((one) => one.name === name);
      return row ? [{ ...row, was, is: installedVersion(name, dataDir) ?? null, refused }] : [];
    });
    const lines = updated.flatMap(linesOfUpdate);
    for (const line of lines.length > 0 ? lines : ['All plugins are up to date.']) this.log(line);
    if (updated.some(({ was, is, problem }) => problem && was !== is)) process.exitCode = 1;
    return updated;
  }
}

function linesOfUpdate(row: Updated): string[] {
  const { name, was, is, refused, problem } = row;
  if (refused !== null) return [`${name} stays ${was ?? 'as it is'}: ${refused}`];
  if (was === is) return [];
  return [`${name} ${was ?? '(not whole)'} → ${is}`, ...(problem ? linesOfPlugin(row).slice(1) : [])];
}
