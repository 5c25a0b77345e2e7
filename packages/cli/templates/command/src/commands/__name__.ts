import { Args, BaseCommand, settingFlags } from '@cooperbench/command';
import { countTrials, type TrialCount } from '../count-trials.ts';

/** `cooperbench __name__ RUN`. A file `__name__/more.ts` in this folder would be `cooperbench __name__ more`. */
export default class Command extends BaseCommand {
  static override summary = 'Count the trials of a run, their messages and tokens.';
  static override args = { run: Args.string({ description: 'Run name.', required: true }) };
  // Its value comes from the flag, the variable, the configuration files or the default.
  static override flags = settingFlags({ logDir: {} });

  async run(): Promise<readonly TrialCount[]> {
    const { args, flags } = await this.parse(Command);
    const counts = await countTrials(flags['log-dir'], args.run);
    await this.table(
      counts.map(({ trial, messages, tokens }) => [trial, String(messages), String(tokens)]),
      { head: ['Trial', 'Messages', 'Tokens'] },
    );
    return counts; // printed with --json
  }
}
