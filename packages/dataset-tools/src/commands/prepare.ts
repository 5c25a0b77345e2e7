import { BaseCommand, buildOptionsFromFlags, Flags, settingFlags } from '@cooperbench/command';
import { exitCodeOfImages, exitCodeOfValidation } from '../exit-code.ts';
import type { BuiltImage } from '../images/build-images.ts';
import type { PreparedDataset } from '../prepare/events.ts';
import type { ValidatedFeature } from '../validation/validate-dataset.ts';

const acceptedSettings = {
  ...{ subset: {}, repo: {}, task: {}, datasetDir: {}, reporter: {}, imagePattern: {} },
  ...{ agentOptions: {}, backendOptions: {}, registries: {} },
  evalNetwork: {
    summary: "Network of tests: open, registries or none. By default each task's own.",
  },
  warm: {
    summary:
      "With --agent: call each task's runner once on its base, for all test runs to begin with what that built.",
  },
  backend: { summary: 'Backend of --agent and --validate. By default the first that is ready.' },
  evalConcurrency: { option: 'concurrency', summary: 'With --validate: test runs at the same time.' },
  buildConcurrency: {
    summary: 'With --agent: images that are prepared at the same time. -c sets it, too.',
  },
  datasetRevision: { flag: 'revision' },
  prepareConcurrency: {
    flag: 'concurrency',
    char: 'c',
    summary: 'Files that are downloaded at the same time. With --agent: the same as --build-concurrency.',
  },
} as const;

export default class Prepare extends BaseCommand {
  static override summary = 'Download the public dataset, or prepare the images of its tasks for an agent.';
  static override description =
    "Verifies every file, and downloads only files that are missing or outdated. HF_TOKEN raises the limits of the Hugging Face Hub; HF_ENDPOINT names a mirror. With --agent, downloads no dataset: pulls or builds the images of tasks as a run does, adds the agent's software to them, and makes the warm layers of tests, so that no run waits for them. --subset, --repo and --task choose tasks for --agent and --validate.";
  static override examples = [
    '<%= config.bin %> prepare',
    '<%= config.bin %> prepare --dataset-dir public --revision main',
    '<%= config.bin %> prepare --validate --backend docker',
    '<%= config.bin %> prepare --agent claude_code --backend docker --subset lite',
  ];
  static override flags = {
    ...settingFlags(acceptedSettings),
    force: Flags.boolean({
      summary: 'Also replace files that you changed. With --agent, also pull or build images that exist.',
    }),
    validate: Flags.boolean({ summary: 'After the download, write references as dataset validate does.' }),
    agent: Flags.string({
      char: 'a',
      helpValue: 'NAME',
      summary: 'Prepare the images of tasks for this agent.',
      exclusive: ['validate'],
    }),
  };

  async run(): Promise<
    (PreparedDataset & { readonly references?: readonly ValidatedFeature[] }) | readonly BuiltImage[]
  > {
    const parsed = await this.parse(Prepare);
    const { flags, configuration, dotEnv } = parsed;
    if (flags.agent !== undefined) {
      const container = await this.container();
      const { tokens } = await import('@cooperbench/runs');
      const { buildImages } = await import('../images/build-images.ts');
      const registry = container.get(tokens.registry);
      const options = buildOptionsFromFlags(acceptedSettings, flags, configuration, registry);
      const isTyped = parsed.raw.some((token) => token.type === 'flag' && token.flag === 'concurrency');
      const concurrency = isTyped ? flags.concurrency : flags['build-concurrency'];
      const summary = { concurrency, agent: flags.agent, force: flags.force };
      const images = await this.reported(flags.reporter, async (tools) =>
        buildImages(container.get(tokens.host), {
          ...(await this.withBackend(registry, options, tools)),
          ...summary,
          ...tools,
        }),
      );
      process.exitCode = exitCodeOfImages(images);
      return images;
    }
    const { buildHubSettings } = await import('../prepare/hub-settings.ts');
    const hub = buildHubSettings(process.env, dotEnv);
    const { prepareReporter } = await import('../prepare/reporters.ts');
    const { prepare } = await import('../prepare/prepare.ts');
    const { revision, force, concurrency } = flags;
    const onEvent = prepareReporter(...this.reporting(flags.reporter));
    const prepared = await this.interruptible((signal) =>
      prepare({ hub, revision, force, concurrency, directory: flags['dataset-dir'], signal, onEvent }),
    );
    if (!flags.validate) return prepared;
    const container = await this.container();
    const { tokens } = await import('@cooperbench/runs');
    const { validateDataset } = await import('../validation/validate-dataset.ts');
    const registry = container.get(tokens.registry);
    const options = buildOptionsFromFlags(acceptedSettings, flags, configuration, registry);
    const references = await this.reported(flags.reporter, async (tools) =>
      validateDataset(container.get(tokens.host), {
        ...(await this.withBackend(registry, options, tools)),
        ...tools,
      }),
    );
    process.exitCode = exitCodeOfValidation(references);
    return { ...prepared, references };
  }
}
