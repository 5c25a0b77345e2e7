import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base/base-command.ts';
import { packageOf } from '../../plugins/known-names.ts';

export default class ConfigGcp extends BaseCommand {
  static override summary = 'Set up Google Cloud: credentials, project, region, zone and bucket.';
  static override description =
    'Asks at a terminal for what no flag gives, and checks that the three APIs answer. Saves the answers as options of the backend "gcp" in the user\'s configuration file. Creates nothing on Google Cloud.';
  static override examples = [
    '<%= config.bin %> config gcp',
    '<%= config.bin %> config gcp --project my-project --region us-central1 --bucket my-bucket',
  ];
  static override suggestsBackends = false;
  static override flags = {
    project: Flags.string({ summary: 'Project that is billed.', helpValue: 'ID' }),
    region: Flags.string({ summary: 'Region of the VMs.', helpValue: 'NAME' }),
    zone: Flags.string({
      summary: 'Zone to try first. Without it, the first of the region.',
      helpValue: 'NAME',
    }),
    bucket: Flags.string({
      summary:
        'Bucket for evaluations on Google Batch. "none": evaluations run on VMs, and a saved bucket is removed.',
      helpValue: 'NAME',
    }),
    'skip-tests': Flags.boolean({ summary: 'Do not check credentials and APIs.' }),
  };

  async run(): Promise<object> {
    const { flags, configuration } = await this.parse(ConfigGcp);
    const { setUpGcp } = await import('../../gcp/set-up.ts');
    const { saveBackendOptions } = await import('../../config/save-backend-options.ts');
    const saved = configuration.values.backendOptions?.gcp?.bucket;
    const savedBucket = typeof saved === 'string' ? saved : undefined;
    const options = await this.interruptible((signal) =>
      setUpGcp({
        ...{ ...flags, skipTests: flags['skip-tests'], savedBucket },
        ...{ say: (line) => this.log(line), signal },
      }),
    );
    const path = await saveBackendOptions(process.env, 'gcp', options);
    this.log(`Saved in ${path}.`);
    await this.#checkBackend(flags['skip-tests'], options);
    return { path, options };
  }

  async #checkBackend(skipped: boolean, options: object): Promise<void> {
    const { tokens } = await import('@cooperbench/core/host');
    const registry = (await this.container()).get(tokens.registry);
    if (!registry.list('backends').some(({ name }) => name === 'gcp')) {
      this.log(`The backend is not installed. ${packageOf('backends', 'gcp')?.install}`);
      return;
    }
    if (skipped) return;
    const { checkBackend } = await import('../../backends/check-backend.ts');
    await this.interruptible((signal) => checkBackend(registry, 'gcp', options, signal));
    this.log('Google Cloud is ready: cooperbench run --backend gcp');
  }
}
