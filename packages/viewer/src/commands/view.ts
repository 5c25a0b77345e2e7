import { runDefaults } from '@cooperbench/core/defaults';
import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import type { Exported } from '../export/export-runs.ts';

/** The tools that the command line gives to commands of plugins, by oclif's hook `cooperbench:command`. */
interface CommandTools {
  settings(chosen: { profile?: string | undefined; 'no-config'?: boolean }): Promise<{ logDir?: string }>;
  interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  fail(error: unknown, command: { flags: readonly string[]; json: boolean }): void;
}

export default class View extends Command {
  static override summary = 'Look at runs in a browser: every pair, what happened in it, and why it failed.';
  static override description =
    'Serves a page on this machine alone, below a random path, until Ctrl-C. It reads the files of runs and changes none, and follows a run that is still going. With --out, writes the page and what it shows as files that need no server.';
  static override examples = [
    '<%= config.bin %> view my-experiment',
    '<%= config.bin %> view my-solo my-coop --out shared',
  ];
  static override enableJsonFlag = true;
  static override args = {
    runs: Args.string({
      description: 'Experiment names. The page opens the first; an export has these alone.',
      multiple: true,
    }),
  };
  static override baseFlags = {
    profile: Flags.string({
      summary: 'Profile to use from the configuration files.',
      helpValue: 'NAME',
      env: 'COOPERBENCH_PROFILE',
      helpGroup: 'GLOBAL',
    }),
    'no-config': Flags.boolean({
      summary: 'Read no configuration file.',
      exclusive: ['profile'],
      helpGroup: 'GLOBAL',
    }),
  };
  static override flags = {
    'log-dir': Flags.string({
      summary: 'Directory of all runs.',
      helpValue: 'PATH',
      env: 'COOPERBENCH_LOG_DIR',
      defaultHelp: async () => runDefaults.logsDir,
    }),
    out: Flags.string({
      summary: 'Write the page and its data into this new directory, and serve nothing.',
      helpValue: 'DIR',
      exclusive: ['port'],
    }),
    port: Flags.integer({
      summary: 'Port to listen on. By default a free one.',
      helpValue: 'N',
      min: 1,
      max: 65_535,
    }),
  };
  #tools: CommandTools | undefined;

  override async init(): Promise<void> {
    await super.init();
    const { successes } = await this.config.runHook('cooperbench:command', {});
    this.#tools = successes[0]?.result as CommandTools | undefined;
  }

  async run(): Promise<Exported | undefined> {
    const { args, flags } = await this.parse(View);
    const settings = (await this.#tools?.settings(flags)) ?? {};
    const logsDir = flags['log-dir'] ?? settings.logDir ?? runDefaults.logsDir;
    const [{ Documents, exportRuns, progressLine, serve }, { existingRun }, { count }] = await Promise.all([
      import('../index.ts'),
      import('@cooperbench/core/host'),
      import('@cooperbench/report/format'),
    ]);
    const names = [...new Set(args.runs)];
    for (const name of names) await existingRun(logsDir, name);
    const version = (this.ctor as typeof Command).plugin?.version ?? '';
    const { out } = flags;
    if (out !== undefined) {
      const limited = names.length > 0 ? { names } : {};
      const exported = await this.#untilStopped(async (signal) => {
        using line = progressLine(process.stderr);
        const open = names.length === 1 ? names[0] : undefined;
        const documents = new Documents({ logsDir, version, open, ...limited });
        return await exportRuns(documents, out, signal, { onProgress: (progress) => line.show(progress) });
      });
      const what = `${count(exported.runs, 'run')} with ${count(exported.trials, 'trial')}`;
      this.log(`${exported.directory}/index.html shows ${what}.`);
      return exported;
    }
    await using viewer = await serve(new Documents({ logsDir, version, open: names[0] }), flags.port ?? 0);
    if (this.jsonEnabled()) this.logJson({ url: viewer.url });
    else this.log(`${viewer.url}\nOpen this address in a browser. Ctrl-C ends the viewer.`);
    await this.#untilStopped(
      (signal) =>
        new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
    );
    return undefined;
  }

  /** Runs work with a signal that aborts on an interrupt. */
  #untilStopped<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#tools?.interruptible(work) ?? work(new AbortController().signal);
  }

  override async catch(error: Error): Promise<void> {
    if (!this.#tools || (error as { code?: string }).code === 'EEXIT') throw error;
    const { flags, baseFlags } = View;
    this.#tools.fail(error, { flags: Object.keys({ ...flags, ...baseFlags }), json: this.jsonEnabled() });
  }
}
