import { Args, BaseCommand, Flags, settingFlags } from '@cooperbench/command';
import type { ExportResult } from '../export/export-runs.ts';

export default class View extends BaseCommand {
  static override codePolicy = 'never' as const;
  static override summary = 'Look at runs in a browser: every pair, what happened in it, and why it failed.';
  static override description =
    'Serves a page on this machine alone, below a random path, until Ctrl-C. It changes nothing but the notes that you add to a trial, and follows a run that is still going. With --out, writes the page and what it shows as files that need no server.';
  static override examples = [
    '<%= config.bin %> view my-experiment',
    '<%= config.bin %> view my-solo my-coop --out shared',
  ];
  static override args = {
    runs: Args.string({
      description: 'Run names. The page opens the first; an export has these alone.',
      multiple: true,
    }),
  };
  static override flags = {
    ...settingFlags({ logDir: {} }),
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

  async run(): Promise<ExportResult | undefined> {
    const { args, flags } = await this.parse(View);
    const logsDir = flags['log-dir'];
    const [{ Documents, exportRuns, createProgressLine, serve }, { existingRun }, { count }] =
      await Promise.all([
        import('../index.ts'),
        import('@cooperbench/records'),
        import('@cooperbench/command/figures'),
      ]);
    const names = [...new Set(args.runs)];
    for (const name of names) await existingRun(logsDir, name);
    const version = (this.ctor as typeof BaseCommand).plugin?.version ?? '';
    const { out } = flags;
    if (out !== undefined) {
      const limited = names.length > 0 ? { names } : {};
      const exportResult = await this.interruptible(async (signal) => {
        using line = createProgressLine(process.stderr);
        const open = names.length === 1 ? names[0] : undefined;
        const documents = new Documents({ logsDir, version, open, ...limited });
        return await exportRuns(documents, out, signal, { onProgress: (progress) => line.show(progress) });
      });
      const summary = `${count(exportResult.runs, 'run')} with ${count(exportResult.trials, 'trial')}`;
      this.log(`${exportResult.directory}/index.html shows ${summary}.`);
      return exportResult;
    }
    await using viewer = await serve(new Documents({ logsDir, version, open: names[0] }), flags.port ?? 0);
    if (this.jsonEnabled()) this.logJson({ url: viewer.url });
    else this.log(`${viewer.url}\nOpen this address in a browser. Ctrl-C ends the viewer.`);
    await this.interruptible(
      (signal) =>
        new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
    );
    return undefined;
  }
}
