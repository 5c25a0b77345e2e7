import { CooperBenchError } from '@cooperbench/core/errors';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../base/base-command.ts';
import { optionFlags, pluginOptions } from '../flags/plugin-options.ts';

interface Cleaned {
  readonly backend: string;
  readonly removed: readonly string[];
  /** Why this backend could not be asked. */
  readonly problem?: string;
}

export default class Clean extends BaseCommand {
  static override summary = 'Remove the sandboxes that dead runs of this host left.';
  static override description =
    'A sandbox of a live run is never touched. Every installed backend is asked, or the one named.';
  static override examples = ['<%= config.bin %> clean', '<%= config.bin %> clean --backend local'];
  static override flags = {
    backend: Flags.string({ summary: 'Only this backend.', env: 'COOPERBENCH_BACKEND' }),
    'backend-option': optionFlags['backend-option'],
  };

  async run(): Promise<readonly Cleaned[]> {
    const { flags } = await this.parse(Clean);
    const { tokens } = await import('@cooperbench/core');
    const registry = (await this.container()).get(tokens.registry);
    const names =
      flags.backend === undefined ? registry.list('backends').map(({ name }) => name) : [flags.backend];
    const options = pluginOptions('backend-option', flags['backend-option']);
    const cleaned: Cleaned[] = [];
    for (const name of names) {
      const definition = registry.get('backends', name);
      try {
        const backend = await definition.create(options?.[name]);
        const removed = (await backend.clean?.()) ?? [];
        await backend[Symbol.asyncDispose]?.();
        for (const sandbox of removed) this.log(`${name}: removed ${sandbox}`);
        cleaned.push({ backend: name, removed });
      } catch (error) {
        // One that is installed but not running has nothing to clean; named, it has to answer.
        if (flags.backend !== undefined || !CooperBenchError.is(error)) throw error;
        this.logToStderr(`${name}: not asked: ${error.message}`);
        cleaned.push({ backend: name, removed: [], problem: error.message });
      }
    }
    if (cleaned.every(({ removed }) => removed.length === 0)) this.log('Nothing was left.');
    return cleaned;
  }
}
