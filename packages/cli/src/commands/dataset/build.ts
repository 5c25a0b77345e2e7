import type { BuiltImage } from '@cooperbench/core/host';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base/base-command.ts';
import { optionFlags, pluginOptions } from '../../flags/plugin-options.ts';
import { filterFlags, outcomeFlags, placeFlags } from '../../flags/shared.ts';

export default class DatasetBuild extends BaseCommand {
  static override summary = "Build the tasks' images from their Dockerfiles.";
  static override description =
    'Nothing is pulled but what the Dockerfiles are based on. An image that is there is kept, unless it was built from other files; one that fails does not stop the others, and the command then exits 1.';
  static override examples = [
    '<%= config.bin %> dataset build',
    '<%= config.bin %> dataset build -r llama_index_task --force',
  ];

  static override flags = {
    subset: filterFlags.subset,
    repo: filterFlags.repo,
    task: filterFlags.task,
    concurrency: Flags.integer({
      char: 'c',
      summary: 'Builds at once.',
      default: 2,
      min: 1,
      env: 'COOPERBENCH_BUILD_CONCURRENCY',
    }),
    backend: Flags.string({
      summary: 'Whose images.',
      default: 'docker',
      env: 'COOPERBENCH_BACKEND',
    }),
    'backend-option': optionFlags['backend-option'],
    force: Flags.boolean({ summary: 'Build again what is there, every step anew.' }),
    'dataset-dir': placeFlags['dataset-dir'],
    reporter: outcomeFlags.reporter,
  };

  async run(): Promise<readonly BuiltImage[]> {
    const { flags, configuration } = await this.parse(DatasetBuild);
    const container = await this.container();
    const { buildImages, tokens } = await import('@cooperbench/core/host');
    const registry = container.get(tokens.registry);
    const images = await this.reported(flags.reporter, (tools) =>
      buildImages(container, {
        subset: flags.subset,
        repo: flags.repo,
        taskId: flags.task,
        concurrency: flags.concurrency,
        backend: flags.backend,
        imagePattern: configuration.values.imagePattern,
        backendOptions: pluginOptions('backend-option', flags, configuration.values, registry),
        force: flags.force,
        datasetDir: flags['dataset-dir'],
        ...tools,
      }),
    );
    process.exitCode = images.some(({ state }) => state === 'failed') ? 1 : 0;
    return images;
  }
}
