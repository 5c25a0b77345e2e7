import { BaseCommand } from '@cooperbench/command';
import type { Configuration, ParsedCommand } from '@cooperbench/command/config';
import { type RunFlags, runOptions } from '@cooperbench/command/settings';
import { CooperBenchError } from '@cooperbench/core/errors';
import type { Registry } from '@cooperbench/core/host';
import type { RunOptions } from '@cooperbench/runs';
import * as Flags from '@oclif/core/flags';
import type { ExperimentRun } from '../../experiment/experiments.ts';
import Run from '../run.ts';

const { 'dry-run': _, force: __, ...flags } = Run.flags;

export default class ConfigShow extends BaseCommand {
  static override codePolicy = 'if-trusted' as const;
  static override summary = 'Show and check the configuration, and where each value comes from.';
  static override description =
    'Takes the flags of run, to try a command. Reports what run would refuse before it starts, and then exits with code 2. Checks the tasks where there is a dataset. Leaves out code of a project in a folder that you have not trusted, and then checks nothing. Masks secrets.';
  static override examples = [
    '<%= config.bin %> config show',
    '<%= config.bin %> config show --profile overnight -m gpt-4o',
    '<%= config.bin %> config show --experiment ablation',
    '<%= config.bin %> config show --only backendOptions.docker',
  ];
  static override flags = {
    ...flags,
    only: Flags.string({ summary: 'Show only this key and what is below it.', helpValue: 'KEY' }),
  };

  async run(): Promise<object> {
    const parsed = await this.#read();
    // Loads plugins first, because their schemas say how to read their options. Reports their errors after the settings.
    const [plugins] = await Promise.allSettled([this.container()]);
    const shownValues = await this.#show(parsed);
    try {
      const { createContainer, tokens } = await import('@cooperbench/runs');
      const container = plugins.status === 'fulfilled' ? plugins.value : createContainer();
      const registry = container.get(tokens.registry);
      const { experiment } = parsed.flags;
      const runs =
        experiment === undefined ? {} : { runs: await this.#showRuns(experiment, parsed, registry) };
      Object.assign(shownValues, runs);
      if (plugins.status === 'rejected') throw plugins.reason;
      // Without the project's code, this would refuse what it provides.
      if (!this.leavesOutCode) await this.#check(parsed, registry);
    } catch (error) {
      if (!CooperBenchError.is(error)) throw error;
      const { code, text, exitCode } = await this.failure(error);
      if (!this.jsonEnabled()) process.stderr.write(`Error: ${text}\n`);
      process.exitCode = exitCode;
      Object.assign(shownValues, { error: { code, message: text } });
    }
    return shownValues;
  }

  #read(configuration?: Configuration) {
    return this.parse(ConfigShow, this.argv, configuration);
  }

  async #show(
    parsed: ParsedCommand & { readonly flags: { readonly only?: string | undefined } },
  ): Promise<object> {
    const { pickShown, listShownSettings } = await import('../../config/show.ts');
    const { sources, profile, experiments } = parsed.configuration;
    const { only } = parsed.flags;
    const shownList = listShownSettings(parsed, ConfigShow.flags);
    const settings = only === undefined ? shownList : pickShown(shownList, only);
    this.log(`Files: ${sources.map(({ name }) => name).join(', ') || 'none'}`);
    if (profile !== undefined) this.log(`Profile: ${profile}`);
    if (experiments.size > 0) this.log(`Experiments: ${[...experiments.keys()].join(', ')}`);
    this.log('');
    if (settings.length === 0) this.log(`${only} has no value.`);
    await this.table(settings.map(({ key, value, from }) => [key, getText(value), from]));
    return {
      files: sources.map(({ path, sha256 }) => ({ path, sha256 })),
      profile: profile ?? null,
      experiments: [...experiments.keys()],
      settings,
    };
  }

  async #showRuns(
    experiment: string,
    { configuration }: ParsedCommand,
    registry: Registry,
  ): Promise<object[]> {
    const { expand } = await import('../../experiment/experiments.ts');
    const { maskSecrets } = await import('@cooperbench/core/host');
    const runs = expand(experiment, configuration, registry).map(({ name, varied }) => ({
      name,
      varied: maskSecrets(varied) as ExperimentRun['varied'],
    }));
    this.log(`\nRuns of ${experiment}:`);
    await this.table(runs.map(buildRow));
    return runs;
  }

  /** Plans the run or the experiment without starting it. @throws ConfigError, PluginError. */
  async #check(parsed: ParsedCommand & { readonly flags: RunFlags }, registry: Registry): Promise<void> {
    const { checkRunOptions } = await import('../../config/check-run-options.ts');
    const { experiment, reporter } = parsed.flags;
    const check = (options: RunOptions): void => checkRunOptions(registry, options, reporter);
    if (experiment === undefined) return check(runOptions(parsed, ConfigShow.flags, registry));
    const { planExperiment } = await import('../../experiment/plan.ts');
    const command = {
      ...{ parsed, registry, definitions: ConfigShow.flags },
      parse: (configuration: Configuration) => this.#read(configuration),
      placed: (error: unknown, configCommand: ParsedCommand) => this.placed(error, configCommand),
    };
    await planExperiment(experiment, command, check);
  }
}

function buildRow({ name, varied }: Pick<ExperimentRun, 'name' | 'varied'>): string[] {
  const texts = Object.entries(varied).map(([key, value]) => `${key}: ${getText(value)}`);
  return [name, texts.join(', ')];
}

function getText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
