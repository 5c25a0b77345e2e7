import { Args, BaseCommand, Flags, printable, settingFlags } from '@cooperbench/command';
import { count } from '@cooperbench/command/figures';
import { ConfigError, getMessage } from '@cooperbench/core/errors';
import type { AtifExport } from '../../export/export-atif.ts';

export default class ExportAtif extends BaseCommand {
  static override codePolicy = 'never' as const;
  static override summary = 'Write trajectories in ATIF, the interchange format of Harbor.';
  static override description =
    'Writes OUTPUT/SETTING/REPO/TASK/FEATURES/SEAT.json for each seat, in version 1.7 of the Agent Trajectory Interchange Format. Sub-agents are embedded. Reads the files of the run and changes none of them.';
  static override examples = [
    '<%= config.bin %> export atif my-experiment',
    '<%= config.bin %> export atif my-experiment coop/recur_task/8/f2_f3 --output trajectories',
  ];
  static override args = {
    run: Args.string({ description: 'Run name.', required: true }),
    trial: Args.string({ description: 'Id of a trial, or its end: [SETTING/]REPO/TASK/FEATURES.' }),
  };
  static override flags = {
    ...settingFlags({ logDir: {} }),
    output: Flags.string({
      summary: 'The directory to write to. By default RUN.atif in the working directory.',
      helpValue: 'DIR',
    }),
  };

  async run(): Promise<AtifExport> {
    const { args, flags } = await this.parse(ExportAtif);
    const { exportAtif } = await import('../../export/export-atif.ts');
    const output = flags.output ?? `${args.run}.atif`;
    const exported = await exportAtif(flags['log-dir'], args.run, output, args.trial).catch((error) => {
      if (!(error instanceof Error && 'syscall' in error)) throw error;
      throw new ConfigError('REPORT_OUTPUT', `${output} cannot be written: ${getMessage(error)}`, {
        hint: 'Check --output.',
        cause: error,
      });
    });
    for (const problem of exported.problems) this.logToStderr(`Warning: ${printable(problem)}`);
    this.log(`${count(exported.files.length, 'file')} in ${printable(output)}`);
    return exported;
  }
}
