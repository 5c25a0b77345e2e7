import { BaseCommand, Flags } from '@cooperbench/command';

export default class ConfigGcp extends BaseCommand {
  static override summary = 'Set up Google Cloud: credentials, project, region, zone and bucket.';
  static override description =
    'Asks at a terminal for what no flag gives, and checks that the APIs answer which it needs: without a bucket, that of Compute Engine. Saves the answers as options of the backend "gcp" in the user\'s configuration file. Creates the bucket if it does not exist, and nothing else on Google Cloud. Nobody has run this backend on a real account yet.';
  static override examples = [
    '<%= config.bin %> config gcp',
    '<%= config.bin %> config gcp --project my-project --region us-central1 --bucket my-bucket',
  ];
  static override suggestsBackends = false;
  static override flags = {
    project: Flags.string({ summary: 'Project that is billed.', helpValue: 'ID' }),
    region: Flags.string({ summary: 'Region of the VMs.', helpValue: 'NAME' }),
    zone: Flags.string({
      summary:
        'Zone to try first, or several of the region, separated by commas. The others of the region follow, except with --skip-tests.',
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
    const { setUpGcp } = await import('../../set-up/set-up.ts');
    const savedName = configuration.values.backendOptions?.gcp?.bucket;
    const savedBucket = typeof savedName === 'string' ? savedName : undefined;
    const options = await this.interruptible((signal) =>
      setUpGcp({
        ...{ ...flags, skipTests: flags['skip-tests'], savedBucket },
        ...{ say: (line) => this.log(line), signal },
      }),
    );
    const path = await this.saveBackendOptions('gcp', options);
    this.log(`Saved in ${path}.`);
    if (!flags['skip-tests']) {
      await this.checkBackend('gcp', options);
      this.log('Google Cloud is ready: cooperbench run --backend gcp');
    }
    return { path, options };
  }
}
