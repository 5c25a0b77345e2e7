import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import type { RunOptions } from '@cooperbench/core/host';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../base/base-command.ts';
import { type DemoRow, demoRows, demoTable } from '../demo/table.ts';
import { optionFlags, pluginOptions } from '../flags/plugin-options.ts';
import { outcomeFlags, placeFlags } from '../flags/shared.ts';

export default class Demo extends BaseCommand {
  static override summary =
    'Run the packaged sample dataset with scripted agents: no account, no model, no service.';
  static override description =
    'Pairs of agents exchange messages and share git branches, one agent does the same work alone, all patches are evaluated, and a table compares the two.';
  static override examples = ['<%= config.bin %> demo'];
  static override flags = {
    backend: Flags.string({
      summary: 'Where sandboxes come from.',
      default: 'local',
      env: 'COOPERBENCH_DEMO_BACKEND',
    }),
    'backend-option': optionFlags['backend-option'],
    'log-dir': placeFlags['log-dir'],
    reporter: outcomeFlags.reporter,
  };

  async run(): Promise<{ pairs: readonly DemoRow[]; deficit: number | null }> {
    const { flags, configuration } = await this.parse(Demo);
    const container = await this.container();
    const core = await import('@cooperbench/core/host');
    const dataset = dirname(
      createRequire(import.meta.url).resolve('@cooperbench/sample-dataset/package.json'),
    );
    const options: RunOptions = {
      runName: 'demo',
      subset: 'demo',
      agent: 'mini_swe_agent',
      modelName: `scripted/${relative('.', join(dataset, 'scripted/demo.yaml'))}`,
      backend: flags.backend,
      backendOptions: pluginOptions(
        'backend-option',
        flags,
        configuration.values,
        container.get(core.tokens.registry),
      ),
      datasetDir: dataset,
      logsDir: flags['log-dir'],
      concurrency: 4,
      evalConcurrency: 4,
      force: true,
    };
    const play = async (setting: Partial<RunOptions>): Promise<string> => {
      const { runDir, stopped } = await this.reported(flags.reporter, (tools) =>
        core.runExperiment(container, { ...options, ...setting, ...tools }),
      );
      if (stopped) throw stopped;
      return runDir;
    };
    await play({ setting: 'coop', gitEnabled: true });
    const runDir = await play({ setting: 'solo' });
    const rows = await demoRows(await core.readTrials(runDir));
    const { lines, deficit } = demoTable(rows);
    for (const line of lines) this.log(line);
    this.log(`\nNo model was called: the agents replayed a script. What they said and did is in ${runDir}.`);
    return { pairs: rows, deficit };
  }
}
