import { BaseCommand, buildOptionsFromFlags, Flags, settingFlags } from '@cooperbench/command';
import { ConfigError } from '@cooperbench/core/errors';
import { exitCodeOfValidation } from '../../exit-code.ts';
import type { MergeReport, MergeResult } from '../../validation/merge-report.ts';
import type { ValidatedFeature } from '../../validation/validate-dataset.ts';

const acceptedSettings = {
  ...{ subset: {}, repo: {}, task: {}, backend: {}, datasetDir: {}, reporter: {}, registries: {} },
  ...{ imagePattern: {}, backendOptions: {} },
  evalConcurrency: {
    flag: 'concurrency',
    char: 'c',
    option: 'concurrency',
    summary: 'Test runs at the same time.',
  },
  evalNetwork: {
    summary: "Network of tests: open, registries or none. By default each task's own.",
  },
} as const;

export default class DatasetValidate extends BaseCommand {
  static override summary = "Test golden patches and write each feature's reference.";
  static override description =
    "A reference lists the tests that the feature's golden patch passes. An evaluation fails a run that executed fewer of them. Tests each golden patch twice, and leaves out test names that differ. A feature has failed if its hidden tests pass without it: all, or one that `regression_tests` of task.json lacks. Keeps a reference that fits its task. A feature that fails does not stop the others; the command then exits with code 1.";
  static override examples = [
    '<%= config.bin %> dataset validate --backend docker',
    '<%= config.bin %> dataset validate --backend local -r recur_task -f 2,4 --force',
  ];

  static override flags = {
    ...settingFlags(acceptedSettings),
    features: Flags.custom<number[]>({
      char: 'f',
      summary: 'Only these features; with --merges, only this group. Example: 1,2',
      helpValue: 'ID,ID',
      parse: async (text) => listFeatureIds(text),
    })(),
    force: Flags.boolean({ summary: 'Also test features whose reference is up to date.' }),
    merges: Flags.boolean({
      summary: 'Instead, say for each pair or group how its golden patches merge under each merge policy.',
      exclusive: ['force'],
    }),
  };

  async run(): Promise<readonly ValidatedFeature[] | MergeReport> {
    const { flags, configuration } = await this.parse(DatasetValidate);
    const container = await this.container();
    const { tokens } = await import('@cooperbench/runs');
    const { validateDataset } = await import('../../validation/validate-dataset.ts');
    const registry = container.get(tokens.registry);
    const options = buildOptionsFromFlags(acceptedSettings, flags, configuration, registry);
    if (flags.merges) {
      const { checkMerges } = await import('../../validation/check-merges.ts');
      const report = await this.reported(flags.reporter, async (tools) =>
        checkMerges(container.get(tokens.host), {
          ...(await this.withBackend(registry, options, tools)),
          features: flags.features,
          ...tools,
        }),
      );
      await this.#printMerges(report);
      return report;
    }
    const validated = await this.reported(flags.reporter, async (tools) =>
      validateDataset(container.get(tokens.host), {
        ...(await this.withBackend(registry, options, tools)),
        features: flags.features,
        force: flags.force,
        ...tools,
      }),
    );
    process.exitCode = exitCodeOfValidation(validated);
    return validated;
  }

  async #printMerges({ summary, all_results: mergeResults }: MergeReport): Promise<void> {
    const policies = Object.keys(mergeResults[0]?.policies ?? {});
    const rows = mergeResults.map((mergeResult) => [
      ...[getTrial(mergeResult), ...policies.map((name) => mergeResult.policies[name] ?? '')],
      (
        mergeResult.error ?? [...listUnapplied(mergeResult), ...mergeResult.conflict_paths].join(' ')
      ).replaceAll(/\s+/g, ' '),
    ]);
    const brokenCount = mergeResults.filter((mergeResult) => listUnapplied(mergeResult).length > 0).length;
    const clean = mergeResults.filter(
      (mergeResult) => mergeResult.has_conflict === false && listUnapplied(mergeResult).length === 0,
    ).length;
    await this.table(rows, { head: ['Trial', ...policies, 'Conflicts'] });
    this.log(
      `\n${mergeResults.length} merged: ${clean} clean, ${summary.conflicts} with conflicts (${summary.conflict_rate}), ${brokenCount > 0 ? `${brokenCount} with a patch that does not apply, ` : ''}${summary.errors} errors`,
    );
    if (summary.errors !== 0 || brokenCount > 0) process.exitCode = 1;
  }
}

/** Lists the features whose golden patch does not apply, in words. The original counts such a group as clean. */
function listUnapplied({ features, patch_apply_failed: applyFailures }: MergeResult): string[] {
  return features.flatMap((id, index) => (applyFailures?.[index] ? [`feature ${id} does not apply`] : []));
}

function getTrial({ repo, task_id, features }: MergeResult): string {
  return `${repo}/${task_id}/${features.map((feature) => `f${feature}`).join('_')}`;
}

function listFeatureIds(text: string): number[] {
  const ids = text.split(',').map((part) => part.trim());
  if (ids.every((id) => /^\d{1,9}$/.test(id))) return ids.map(Number);
  throw new ConfigError('FEATURES_FLAG', `--features "${text}" is not a list of feature ids.`, {
    hint: 'For example: --features 1,2.',
  });
}
