import { BaseCommand, buildOptionsFromFlags, Flags, settingFlags } from '@cooperbench/command';
import { exitCodeOfImages } from '../../exit-code.ts';
import type { BuiltImage } from '../../images/build-images.ts';

const acceptedSettings = {
  ...{ subset: {}, repo: {}, task: {}, datasetDir: {}, reporter: {}, imagePattern: {}, backendOptions: {} },
  backend: { summary: 'Backend to build images for.', default: 'docker' },
  buildConcurrency: { flag: 'concurrency', char: 'c', option: 'concurrency' },
} as const;

export default class DatasetBuild extends BaseCommand {
  static override summary = 'Build the images of tasks from their Dockerfiles.';
  static override description =
    'Pulls only the images that Dockerfiles build on. Builds for Docker unless --backend names another, because only from there images can be pushed to a registry. Keeps an existing image that was built from the same files. A build that fails does not stop the others; the command then exits with code 1.';
  static override examples = [
    '<%= config.bin %> dataset build',
    '<%= config.bin %> dataset build -r llama_index_task --force',
  ];

  static override flags = {
    ...settingFlags(acceptedSettings),
    force: Flags.boolean({ summary: 'Also build images that exist, without the build cache.' }),
  };

  async run(): Promise<readonly BuiltImage[]> {
    const { flags, configuration } = await this.parse(DatasetBuild);
    const container = await this.container();
    const { tokens } = await import('@cooperbench/runs');
    const { buildImages } = await import('../../images/build-images.ts');
    const registry = container.get(tokens.registry);
    const images = await this.reported(flags.reporter, (tools) =>
      buildImages(container.get(tokens.host), {
        ...buildOptionsFromFlags(acceptedSettings, flags, configuration, registry),
        force: flags.force,
        ...tools,
      }),
    );
    process.exitCode = exitCodeOfImages(images);
    return images;
  }
}
