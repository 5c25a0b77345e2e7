import type { EvaluationSummary } from '@cooperbench/core';
import { runDefaults } from '@cooperbench/core/defaults';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../base/base-command.ts';
import { exitCodeOfEvaluation } from '../base/exit-code.ts';
import { optionFlags, pluginOptions } from '../flags/plugin-options.ts';
import { filterFlags, outcomeFlags, placeFlags } from '../flags/shared.ts';

export default class Eval extends BaseCommand {
  static override summary = "Evaluate a run's patches.";
  static override description =
    'Verdicts made from the same patches, tests and policy are kept; the rest is evaluated anew.';
  static override examples = [
    '<%= config.bin %> eval -n my-experiment',
    '<%= config.bin %> eval -n my-experiment --merge-policy strict --backend local',
  ];

  static override flags = {
    name: Flags.string({ char: 'n', summary: 'Experiment name.', required: true, env: 'COOPERBENCH_NAME' }),
    ...filterFlags,
    concurrency: Flags.integer({
      char: 'c',
      summary: 'Evaluations at once.',
      default: runDefaults.evalConcurrency,
      min: 1,
      env: 'COOPERBENCH_EVAL_CONCURRENCY',
    }),
    backend: Flags.string({
      summary: 'Where sandboxes come from; by default where the run had them from.',
      env: 'COOPERBENCH_BACKEND',
    }),
    'backend-option': optionFlags['backend-option'],
    'evaluator-option': optionFlags['evaluator-option'],
    evaluator: Flags.string({
      summary: 'Evaluator by name.',
      default: runDefaults.evaluator,
      env: 'COOPERBENCH_EVALUATOR',
    }),
    'merge-policy': Flags.string({
      summary: "What happens to patches that conflict: union, strict, lead, or a plugin's.",
      default: runDefaults.mergePolicy,
      env: 'COOPERBENCH_MERGE_POLICY',
    }),
    force: Flags.boolean({ summary: 'Evaluate again what has a verdict.' }),
    ...placeFlags,
    ...outcomeFlags,
  };

  async run(): Promise<EvaluationSummary> {
    const { flags, metadata, configuration } = await this.parse(Eval);
    const container = await this.container();
    const { evaluateRun, tokens } = await import('@cooperbench/core/host');
    const registry = container.get(tokens.registry);
    const summary = await this.reported(flags.reporter, (tools) =>
      evaluateRun(container, {
        runName: flags.name,
        subset: flags.subset,
        repo: flags.repo,
        taskId: flags.task,
        features: flags.features,
        concurrency: flags.concurrency,
        [metadata.flags.backend?.setFromDefault ? 'defaultBackend' : 'backend']: flags.backend,
        evaluator: flags.evaluator,
        mergePolicy: flags['merge-policy'],
        force: flags.force,
        datasetDir: flags['dataset-dir'],
        logsDir: flags['log-dir'],
        unisolated: flags.unisolated,
        imagePattern: configuration.values.imagePattern,
        backendOptions: pluginOptions('backend-option', flags, configuration.values, registry),
        evaluatorOptions: pluginOptions('evaluator-option', flags, configuration.values, registry),
        ...tools,
      }),
    );
    process.exitCode = exitCodeOfEvaluation(summary, flags['fail-under']);
    return summary;
  }
}
