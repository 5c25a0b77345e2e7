// This file has more than 250 lines, because it is one class, the base of all commands.
import { resolve } from 'node:path';
import type { Registry } from '@cooperbench/core/host';
import type { RunEvent } from '@cooperbench/records';
import type { Container } from '@cooperbench/runs';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import type { Input, ParserOutput } from '@oclif/core/interfaces';
import type { DatasetOptions } from '../backends/default-backend.ts';
import { type AllowCode, type Configuration, noConfiguration } from '../config/configuration.ts';
import { loadDotEnv } from '../config/dot-env.ts';
import { type FoundPlugins, listReasons, mergePlugins } from '../plugins/found-plugins.ts';
import { loadInstalledPlugins } from '../plugins/installed.ts';
import { knownNames } from '../plugins/known-names.ts';
import type { ReporterOptions, ReporterOutput } from '../reporters/index.ts';
import { buildConfiguredFlags, type ConfigSelection } from '../settings/configured-flags.ts';
import type { Row, TableOptions } from '../terminal/table.ts';
import { allowCode, type CodePolicy, createUntrustedError } from '../trust/allow-code.ts';
import { describeError, type Failure, printable, printFailure } from './describe-error.ts';
import { interruptible } from './interruptible.ts';
import { keepHeapSmall } from './small-heap.ts';

// biome-ignore lint/suspicious/noExplicitAny: oclif has this type and does not export it
type Parsed = Record<string, any>;

/** The options that every command that runs sandboxes passes to core. */
export interface RunTools {
  readonly signal: AbortSignal;
  onEvent(event: RunEvent): void;
  /** @throws ConfigError `FOLDER_UNTRUSTED`. */
  trustDataset(folder: string): Promise<void>;
}

/** The base of all commands: `.env`, configuration, plugins, interruption, errors. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = {
    profile: Flags.string({
      summary: 'Profile to use from the configuration files.',
      helpValue: 'NAME',
      env: 'COOPERBENCH_PROFILE',
      helpGroup: 'GLOBAL',
    }),
    'no-config': Flags.boolean({
      summary: 'Read no configuration file, and load no plugin that one names.',
      exclusive: ['profile'],
      helpGroup: 'GLOBAL',
    }),
    trust: Flags.boolean({
      summary: 'Trust the folders of the project and of the dataset this time.',
      env: 'COOPERBENCH_TRUST',
      helpGroup: 'GLOBAL',
    }),
  };
  /** What the command does with code of a project. */
  static codePolicy: CodePolicy = 'ask';
  /** False for commands that read no configuration file and so run no code of the project. `project`: only with `--project`. */
  static configured: boolean | 'project' = true;
  /** A command about a certain backend sets it to false: its errors do not suggest another. */
  static suggestsBackends = true;
  /** Names of the variables that `.env` set. */
  #dotEnv: readonly string[] = [];
  #configuration: Promise<Configuration> | undefined;
  #allowCode: AllowCode | undefined;
  /** Code of the project was left out, so the configuration and the plugins are not complete. */
  protected leavesOutCode = false;
  /** Something that the user asked for was left out of the work of `reported`. */
  protected isTaskLeftOut = false;
  #parsed: import('../config/origin.ts').ParsedCommand | undefined;
  #registry: Registry | undefined;

  override async init(): Promise<void> {
    await super.init();
    const { set, refused } = loadDotEnv(process.env);
    this.#dotEnv = set;
    if (refused.length > 0)
      this.logToStderr(`Warning: .env cannot set ${refused.join(', ')}. Set it in the environment.`);
  }

  /**
   * Parses flags. Values that are not typed come from the environment, the configuration files or the defaults, in this
   * order.
   */
  protected override async parse<F extends Parsed, B extends Parsed, A extends Parsed>(
    options: Input<F, B, A>,
    argv?: string[],
    /** Replaces the configuration of the files. */
    configuration?: Configuration,
  ): Promise<ParserOutput<F, B, A> & { configuration: Configuration; dotEnv: readonly string[] }> {
    const load = async (selection: ConfigSelection): Promise<Configuration> =>
      configuration ?? this.#load(selection);
    const { args, baseFlags, enableJsonFlag, strict, flags = {} } = options;
    const input = { args, baseFlags, enableJsonFlag, strict, flags: buildConfiguredFlags(flags, load) };
    const output = await super.parse(input as Input<F, B, A>, argv);
    const parsed = Object.assign(output, {
      configuration: await load(output.flags as ConfigSelection),
      dotEnv: this.#dotEnv,
    });
    this.#parsed ??= parsed;
    return parsed;
  }

  #load({
    profile,
    experiment,
    trust = false,
    'no-config': ignored,
    project = false,
  }: ConfigSelection): Promise<Configuration> {
    const { configured, codePolicy } = this.ctor as typeof BaseCommand;
    const isRead = (configured === 'project' ? project : configured) && !ignored;
    this.#allowCode ??= allowCode(codePolicy, { dataDir: this.config.dataDir, given: trust }, () => {
      this.leavesOutCode = true;
    });
    const selection = { profile, experiment, allowCode: this.#allowCode };
    this.#configuration ??= isRead
      ? import('../config/load.ts').then(({ loadConfiguration }) => loadConfiguration(selection))
      : Promise.resolve(noConfiguration);
    return this.#configuration;
  }

  /** Finds the project's plugins and installed plugins, including those that cannot be used. The project's take precedence. */
  protected async plugins(): Promise<FoundPlugins> {
    const { loadProjectPlugins } = await import('../plugins/project-plugins.ts');
    const { plugins } = await this.#load({});
    return mergePlugins(
      await loadProjectPlugins(plugins, this.#allowCode),
      await loadInstalledPlugins(this.config),
    );
  }

  /**
   * Creates the container with every plugin that can be used, and prints a warning for each one that cannot.
   * @throws PluginError, ConfigError when the project's configuration is wrong.
   */
  protected async container(): Promise<Container> {
    const { createContainer, tokens } = await import('@cooperbench/runs');
    const foundPlugins = await this.plugins();
    const { plugins, leftOut } = foundPlugins;
    for (const reason of listReasons(foundPlugins)) process.stderr.write(`Warning: ${printable(reason)}\n`);
    const { reporterPlugin } = await import('../reporters/reporter-plugin.ts');
    const container = createContainer([reporterPlugin, ...plugins], { leftOut, ...knownNames });
    this.#registry = container.get(tokens.registry);
    const configuration = await this.#load({});
    if (configuration.layers.length > 0 && !this.leavesOutCode) {
      const { fitPluginOptions } = await import('../config/fit-plugin-options.ts');
      const warnings = fitPluginOptions(container.get(tokens.registry), configuration);
      for (const warning of warnings) process.stderr.write(`Warning: ${warning}\n`);
    }
    return container;
  }

  /** Returns the registry of `container()`. */
  protected async registry(): Promise<Registry> {
    const { tokens } = await import('@cooperbench/runs');
    return (await this.container()).get(tokens.registry);
  }

  /** Runs work that may create sandboxes: with a reporter on standard output, and a signal like that of `interruptible`. */
  protected async reported<T>(
    name: string | undefined,
    work: (tools: RunTools) => Promise<T>,
    options: Pick<ReporterOptions, 'part'> = {},
  ): Promise<T> {
    keepHeapSmall();
    const reporter = await this.#openReporter(name, options);
    try {
      return await interruptible(
        (signal) =>
          work({
            signal,
            onEvent: (event) => {
              this.#noteLeftOut(event, name);
              reporter.onEvent(event);
            },
            trustDataset: (folder) => this.#trustDataset(folder),
          }),
        'Stopped before the clean-up ended. `cooperbench clean` removes the sandboxes that are left.\n',
      );
    } finally {
      await reporter.close();
    }
  }

  /** Says which task is left out, unless the reporter shows it: no choice of a reporter may hide that. */
  #noteLeftOut(event: RunEvent, reporterName: string | undefined): void {
    if (event.type !== 'notice' || event.left_out === undefined) return;
    this.isTaskLeftOut = true;
    const [name] = this.reporting(reporterName);
    if (name !== 'default' && name !== 'json') process.stderr.write(`Warning: ${printable(event.text)}\n`);
  }

  async #openReporter(reporterName: string | undefined, options: Pick<ReporterOptions, 'part'>) {
    const { createReporter, isBuiltIn, openReporter } = await import('../reporters/index.ts');
    const [name, output] = this.reporting(reporterName);
    if (isBuiltIn(name)) return createReporter(name, output, options);
    const { pluginOptions } = await import('../settings/plugin-options.ts');
    const registry = this.#registry ?? (await this.registry());
    const { values } = await this.#load({});
    return openReporter(registry, name, output, {
      ...options,
      reporterOptions: pluginOptions('reporterOptions', this.#parsed?.flags ?? {}, values, registry),
      onWarning: (text) => void process.stderr.write(`Warning: ${printable(text)}\n`),
    });
  }

  /** Asks about a dataset whose scripts would run as processes of the user. The sample dataset comes with the command. */
  async #trustDataset(folder: string): Promise<void> {
    const { isSampleDataset } = await import('../trust/sample-dataset.ts');
    const code = {
      kind: 'dataset',
      folder: resolve(folder),
      names: ['setup.sh and run_tests.sh of its tasks'],
    } as const;
    if (await isSampleDataset(folder)) return;
    if (!(await this.#allowCode?.(code)))
      throw createUntrustedError(code, 'Trust it with a command that asks.');
  }

  /** Returns the name of the chosen reporter, and its output. */
  protected reporting(name: string | undefined): [name: string, output: ReporterOutput] {
    return [name ?? (this.jsonEnabled() ? 'silent' : 'default'), terminal];
  }

  /** Prints a table. Fits it into the width of a terminal. */
  protected async table(rows: readonly Row[], options: TableOptions = {}): Promise<void> {
    const [{ table }, { paintFor }] = await Promise.all([
      import('../terminal/table.ts'),
      import('../terminal/paint.ts'),
    ]);
    const { isTTY, columns, colour } = terminal;
    const fitted = { columns: isTTY ? columns : undefined, ...options };
    for (const line of table(rows, { ...fitted, paint: paintFor(colour) })) this.log(line);
  }

  /** Prints untrusted text. In a terminal, breaks its lines between words; what continues a line has its indent. */
  protected async say(text: string): Promise<void> {
    const { isTTY, columns = 80 } = terminal;
    if (!isTTY) return this.log(printable(text));
    const { wrapToWidth } = await import('../terminal/display-width.ts');
    for (const line of printable(text).split('\n')) {
      const [indent = ''] = /^ */.exec(line) ?? [];
      const wrappedLines = wrapToWidth(line.slice(indent.length), Math.max(20, columns - indent.length));
      for (const part of wrappedLines) this.log(`${indent}${part}`);
    }
  }

  /**
   * Checks that an installed backend can run a model's commands now. `options` replaces its options in variables and
   * configuration files. @throws the backend's reason why it is not ready.
   */
  protected async checkBackend(name: string, options?: object): Promise<void> {
    const { checkBackend } = await import('../backends/check-backend.ts');
    const { pluginOptions } = await import('../settings/plugin-options.ts');
    const registry = await this.registry();
    const { values } = await this.#load({});
    const ownOptions = options ?? pluginOptions('backendOptions', {}, values, registry)?.[name];
    await this.interruptible((signal) => checkBackend(registry, name, ownOptions, signal));
  }

  /**
   * Sets options of a backend in the user's configuration file. Removes those that are undefined. Resolves with the file's path.
   * @throws ConfigError `CONFIG_SAVE`.
   */
  protected async saveBackendOptions(name: string, options: object): Promise<string> {
    const { saveBackendOptions } = await import('../config/save-backend-options.ts');
    return saveBackendOptions(process.env, name, options);
  }

  /** Returns the options with a backend, for work on the tasks of a dataset. @throws ConfigError `NO_BACKEND`. */
  protected async withBackend<O extends DatasetOptions & { readonly backend?: string | undefined }>(
    registry: Registry,
    options: O,
    tools: RunTools,
  ): Promise<O & { readonly backend: string }> {
    const { chooseDatasetBackend } = await import('../backends/default-backend.ts');
    return {
      ...options,
      backend: options.backend ?? (await chooseDatasetBackend(registry, options, tools)).backend,
    };
  }

  /** Runs `work` with a signal that aborts on an interrupt or an unhandled error. A second interrupt prints `lastWords`. */
  protected interruptible<T>(work: (signal: AbortSignal) => Promise<T>, lastWords?: string): Promise<T> {
    return interruptible(work, lastWords);
  }

  /** Begins an error with the place of the wrong value: its position in a file, or its variable. */
  protected async placed(error: unknown, parsed = this.#parsed): Promise<unknown> {
    const { placedError } = await import('../config/placed-error.ts');
    return parsed ? placedError(error, parsed, (this.ctor as typeof BaseCommand).flags) : error;
  }

  /** Returns the text of an error for the user, and its exit code. */
  protected async failure(error: unknown): Promise<Failure> {
    const { flags, baseFlags } = this.ctor as typeof BaseCommand;
    const placed = await this.placed(await this.#withReadyBackends(error));
    return describeError(placed, Object.keys({ ...flags, ...baseFlags }));
  }

  async #withReadyBackends(error: unknown): Promise<unknown> {
    const { suggestsBackends } = this.ctor as typeof BaseCommand;
    if (!suggestsBackends || this.#registry === undefined || this.#parsed === undefined) return error;
    const { withReadyBackends } = await import('../backends/ready-backends.ts');
    const { pluginOptions } = await import('../settings/plugin-options.ts');
    const { flags, configuration } = this.#parsed;
    return withReadyBackends(error, this.#registry, () =>
      pluginOptions('backendOptions', flags, configuration.values),
    );
  }

  override async catch(error: Error & { oclif?: { exit?: number }; code?: string }): Promise<void> {
    if (error.code === 'EEXIT') throw error;
    printFailure(error, await this.failure(error), this.jsonEnabled());
  }
}

const { stdout } = process;

/** Standard output for reporters. All reporters share this object, so that only one listener for errors exists. */
const terminal: ReporterOutput = {
  get isTTY() {
    return stdout.isTTY === true && process.env.TERM !== 'dumb';
  },
  get colour() {
    return this.isTTY === true && !process.env.NO_COLOR;
  },
  get columns() {
    return stdout.columns ?? 80;
  },
  get rows() {
    return stdout.rows ?? 24;
  },
  on: (event, listener) => stdout.on(event, listener),
  write: (text) => stdout.write(text),
};
