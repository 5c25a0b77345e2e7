import { join, relative } from 'node:path';
import { BaseCommand, settingFlags } from '@cooperbench/command';
import { sampleDataset } from '@cooperbench/command/sample-dataset';
import { pluginOptions } from '@cooperbench/command/settings';
import type { RunOptions, RunOutcome } from '@cooperbench/runs';
import { buildDemoRows, buildDemoTable, type DemoRow } from '../demo/table.ts';

export default class Demo extends BaseCommand {
  static override summary =
    'Run scripted agents on the packaged sample dataset. Needs no account, model or service.';
  static override description =
    'Two agents for each feature pair exchange messages and share git branches (coop), then one agent does the same work alone (solo). All patches are evaluated, and a table compares the two settings.';
  static override examples = ['<%= config.bin %> demo'];
  static override flags = settingFlags('demo');

  async run(): Promise<{ pairs: readonly DemoRow[]; deficit: number | null }> {
    const { flags, configuration } = await this.parse(Demo);
    const container = await this.container();
    const [{ runDefaults, tokens }, { readTrials }, { listCoordinationDeficits, formatDeficitLine }] =
      await Promise.all([
        import('@cooperbench/runs'),
        import('@cooperbench/records'),
        import('@cooperbench/command/reporters'),
      ]);
    const dataset = sampleDataset();
    const options: RunOptions = {
      runName: 'demo',
      subset: 'demo',
      agent: 'mini_swe_agent',
      modelName: `scripted/${relative('.', join(dataset, 'scripted/demo.yaml'))}`,
      backend: flags.backend,
      backendOptions: pluginOptions(
        'backendOptions',
        flags,
        configuration.values,
        container.get(tokens.registry),
      ),
      datasetDir: dataset,
      logsDir: flags['log-dir'],
      concurrency: 4,
      evalConcurrency: 4,
      force: true,
    };
    const runWith = async (setting: Partial<RunOptions>): Promise<RunOutcome> => {
      const outcome = await this.reported(flags.reporter, (tools) =>
        container.get(tokens.runs).run({ ...options, ...setting, ...tools }),
      );
      if (outcome.stopped) throw outcome.stopped;
      return outcome;
    };
    await runWith({ setting: 'coop', gitEnabled: true });
    const { runDir, summary } = await runWith({ setting: 'solo' });
    const rows = await buildDemoRows(await readTrials(runDir));
    const [deficit] = summary.eval ? listCoordinationDeficits(summary.eval) : [];
    this.log('');
    await this.table(...buildDemoTable(rows));
    // Every other reporter has printed it at the end of the second run.
    if (deficit && flags.reporter === 'silent') this.log(`\n${formatDeficitLine(deficit)}`);
    const logDirFlag = flags['log-dir'] === runDefaults.logsDir ? '' : ` --log-dir ${flags['log-dir']}`;
    this.log(
      `\nNo model was called: the agents replayed a script. ${runDir} holds everything they said and did. See it with: ${this.config.bin} view demo${logDirFlag}`,
    );
    return { pairs: rows, deficit: deficit?.deficit ?? null };
  }
}
