import { BaseCommand, buildOptionsFromFlags, settingFlags } from '@cooperbench/command';
import type { EvaluationSummary } from '@cooperbench/records';
import * as Flags from '@oclif/core/flags';
import { exitCodeOfEvaluation } from '../base/exit-code.ts';

export default class Eval extends BaseCommand {
  static override summary = 'Evaluate the patches of a run.';
  static override description =
    'Keeps verdicts on the same patches, tests and policy, and evaluates the rest.';
  static override examples = [
    '<%= config.bin %> eval -n my-experiment',
    '<%= config.bin %> eval -n my-experiment --merge-policy strict --backend local',
  ];

  static override flags = {
    ...settingFlags('eval'),
    force: Flags.boolean({ summary: 'Also evaluate trials that already have a verdict.' }),
  };

  async run(): Promise<EvaluationSummary> {
    const parsed = await this.parse(Eval);
    const { flags, metadata, configuration, dotEnv } = parsed;
    const container = await this.container();
    const { tokens } = await import('@cooperbench/runs');
    const registry = container.get(tokens.registry);
    const { backend, ...options } = buildOptionsFromFlags('eval', flags, configuration, registry);
    const { withEvaluationBackend } = await import('@cooperbench/command/backends');
    const summary = await this.reported(flags.reporter, async (tools) => {
      const evalOptions = {
        ...options,
        [metadata.flags.backend?.setFromDefault ? 'defaultBackend' : 'backend']: backend,
        force: flags.force,
        chosenByProject: { variables: dotEnv },
      };
      const evaluateOptions = await withEvaluationBackend(registry, evalOptions, tools);
      return container.get(tokens.runs).evaluate({ ...evaluateOptions, ...tools });
    });
    process.exitCode = exitCodeOfEvaluation(summary, flags['fail-under'], this.isTaskLeftOut);
    return summary;
  }
}
