import { BaseCommand, safeText } from '@cooperbench/command';
import { loadInstalledPlugins } from '@cooperbench/command/plugins';
import type { Registry } from '@cooperbench/core/host';
import * as Args from '@oclif/core/args';
import { listCandidates } from '../completion/candidates.ts';
import {
  formatReplacement,
  listTypedWords,
  type Shell,
  scripts,
  shells,
  startFiles,
} from '../completion/scripts.ts';
import { valuesIn } from '../completion/values.ts';

export default class Autocomplete extends BaseCommand {
  static override summary = 'Print a script that completes commands, flags and values in a shell.';
  static override description =
    'Without SHELL, says how to set it up. Completes runs, trials, subsets, repositories, tasks, and the names of agents, backends, settings, channels, buses, evaluators and merge policies. The script asks `cooperbench autocomplete SHELL -- WORDS` for each completion. That reads directories and installed plugins, and runs no code of the project.';
  static override examples = [
    '<%= config.bin %> autocomplete',
    '<%= config.bin %> autocomplete bash >> ~/.bashrc',
  ];
  static override args = { shell: Args.string({ description: 'Shell.', options: [...shells] }) };
  static override strict = false;
  static override configured = false;

  async run(): Promise<object> {
    const end = this.argv.indexOf('--');
    if (end >= 0) return this.#complete(String(this.argv[0]), this.argv.slice(end + 1));
    const { args } = await this.parse(Autocomplete);
    const shell = args.shell as Shell | undefined;
    if (shell === undefined) {
      this.log('Run the line of your shell once, and open a new terminal:');
      const lines = shells.map((shellName) => [
        shellName,
        `${this.config.bin} autocomplete ${shellName} >> ${startFiles[shellName]}`,
      ]);
      // Not wrapped, so that a line can be copied.
      await this.table(lines, { indent: '  ', columns: undefined });
      return { shells };
    }
    const script = scripts[shell];
    this.log(script.trimEnd());
    return { shell, script };
  }

  async #complete(shell: string, words: readonly string[]): Promise<object> {
    const commands = this.config.commands
      .filter(({ hidden }) => !hidden)
      .map(({ id, ...command }) => ({ ...command, id: id.replaceAll(':', ' ') }));
    const matches = await listCandidates(
      listTypedWords(shell, words),
      commands,
      valuesIn(() => this.#readRegistry()),
    );
    for (const { value, description } of matches)
      this.log(formatReplacement(shell, value) + (description ? `\t${safeText(description)}` : ''));
    return { candidates: matches };
  }

  async #readRegistry(): Promise<Registry> {
    const { createContainer, tokens } = await import('@cooperbench/runs');
    const { mergePlugins } = await import('@cooperbench/command/plugins');
    const { plugins, leftOut } = await mergePlugins(await loadInstalledPlugins(this.config));
    return createContainer(plugins, { leftOut }).get(tokens.registry);
  }
}
