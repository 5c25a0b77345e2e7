import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../base/base-command.ts';
import type { Prepared } from '../prepare/events.ts';
import { settingFlags } from '../settings/flags.ts';

export default class Prepare extends BaseCommand {
  static override summary = 'Download the public dataset, or what of it is missing.';
  static override description =
    'Takes HF_TOKEN and HF_ENDPOINT. Every file is verified; what is there is not downloaded again, and what was interrupted is gone on with.';
  static override examples = [
    '<%= config.bin %> prepare',
    '<%= config.bin %> prepare --dataset-dir public --revision main',
  ];
  static override flags = {
    ...settingFlags('prepare'),
    force: Flags.boolean({ summary: 'Replace also files that were changed here.' }),
  };

  async run(): Promise<Prepared> {
    const { flags } = await this.parse(Prepare);
    const { hubSettings } = await import('../prepare/hub-settings.ts');
    const hub = hubSettings(process.env);
    const { prepareReporter } = await import('../prepare/reporters.ts');
    const { prepare } = await import('../prepare/prepare.ts');
    const { revision, force, concurrency } = flags;
    const onEvent = prepareReporter(...this.reporting(flags.reporter));
    return this.interruptible((signal) =>
      prepare({ hub, revision, force, concurrency, directory: flags['dataset-dir'], signal, onEvent }),
    );
  }
}
