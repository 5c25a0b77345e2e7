import { Args, BaseCommand, Flags, settingFlags } from '@cooperbench/command';
import type { CreatedTask } from '../../create/create-task.ts';

export default class DatasetCreate extends BaseCommand {
  static override codePolicy = 'never' as const;
  static override summary = 'Write the skeleton of a task.';
  static override description =
    'Writes all files of a task. Fill in what is marked with FILL IN, and the empty patches; `dataset validate` then accepts the task.';
  static override examples = ['<%= config.bin %> dataset create shop/1 --features 3'];
  static override args = {
    task: Args.string({ description: 'Repository and number of the task: REPO/ID.', required: true }),
  };
  static override flags = {
    ...settingFlags({ datasetDir: {} }),
    features: Flags.integer({
      summary: 'How many features it has.',
      default: 2,
      min: 1,
      max: 100,
      helpValue: 'N',
    }),
  };

  async run(): Promise<CreatedTask> {
    const { args, flags } = await this.parse(DatasetCreate);
    const { createTask } = await import('../../create/create-task.ts');
    const created = await createTask(flags['dataset-dir'], args.task, flags.features);
    await this.say(`${created.directory}: fill in what "FILL IN" marks, and the patches.`);
    for (const file of created.files) this.log(`  ${file}`);
    return created;
  }
}
