import { Args, BaseCommand, Flags, printable, settingFlags } from '@cooperbench/command';
import { count } from '@cooperbench/command/figures';
import { ConfigError, getMessage } from '@cooperbench/core/errors';
import type { InspectExport } from '../../export/export-inspect.ts';

export default class ExportInspect extends BaseCommand {
  static override codePolicy = 'never' as const;
  static override summary = 'Write logs that Inspect View opens.';
  static override description =
    'Writes OUTPUT/RUN_SETTING.eval for each setting. A trial is a sample, a repetition an epoch. Changes no file of the run.';
  static override examples = ['<%= config.bin %> export inspect my-experiment --output logs-of-inspect'];
  static override args = { run: Args.string({ description: 'Run name.', required: true }) };
  static override flags = {
    ...settingFlags({ logDir: {} }),
    output: Flags.string({
      summary: 'The directory to write to. By default RUN.inspect in the working directory.',
      helpValue: 'DIR',
    }),
  };

  async run(): Promise<InspectExport> {
    const { args, flags } = await this.parse(ExportInspect);
    const { exportInspect } = await import('../../export/export-inspect.ts');
    const output = flags.output ?? `${args.run}.inspect`;
    const inspectExport = await exportInspect(flags['log-dir'], args.run, output).catch((error) => {
      if (!(error instanceof RangeError || (error instanceof Error && 'syscall' in error))) throw error;
      throw new ConfigError('REPORT_OUTPUT', `${output} cannot be written: ${getMessage(error)}`, {
        hint: 'Check --output.',
        cause: error,
      });
    });
    for (const problem of inspectExport.problems) this.logToStderr(`Warning: ${printable(problem)}`);
    this.log(`${count(inspectExport.files.length, 'file')} in ${printable(output)}`);
    return inspectExport;
  }
}
