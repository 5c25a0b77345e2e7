import { ConfigError, CooperBenchError } from '@cooperbench/core/errors';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../base/base-command.ts';
import { printable } from '../base/describe-error.ts';
import { parseDuration } from '../settings/duration.ts';
import { settingFlags } from '../settings/flags.ts';
import { pluginOptions } from '../settings/plugin-options.ts';

interface Cleaned {
  readonly backend: string;
  readonly removed: readonly string[];
  /** Why this backend could not be asked. */
  readonly problem?: string;
}

export default class Clean extends BaseCommand {
  static override summary = 'Remove the sandboxes that dead runs of this host left.';
  static override description =
    'A sandbox of a live run of this host is never touched. Whether a run of another host lives cannot be known from here, only how old its sandboxes are. Every installed backend is asked, or the one named. The exit code is not 0 when one that is named, or has options, or whose plugin is broken, could not be asked.';
  static override examples = [
    '<%= config.bin %> clean',
    '<%= config.bin %> clean --backend local',
    '<%= config.bin %> clean --backend docker --all-hosts --older-than 2h',
  ];
  static override flags = {
    ...settingFlags('clean'),
    'all-hosts': Flags.boolean({
      summary: "Also other hosts' sandboxes, where a provider is shared. Needs --older-than.",
    }),
    'older-than': Flags.custom<number>({ parse: async (text) => parseDuration(text) })({
      summary:
        "How long ago another host's sandbox was made at least, for example 2h: longer than any run takes.",
    }),
  };

  async run(): Promise<readonly Cleaned[]> {
    const { flags, configuration } = await this.parse(Clean);
    const elsewhereOlderThanMs = ageElsewhere(flags['all-hosts'], flags['older-than']);
    const { asPluginFault, tokens } = await import('@cooperbench/core/host');
    const registry = (await this.container()).get(tokens.registry);
    const names =
      flags.backend === undefined ? registry.list('backends').map(({ name }) => name) : [flags.backend];
    const options = pluginOptions('backends', flags, configuration.values, registry);
    const cleaned: Cleaned[] = [];
    for (const name of names) {
      const clean = async (): Promise<readonly string[]> => {
        const backend = await registry.make('backends', name, options?.[name]);
        const asking = `${registry.title('backends', name)} failed in clean`;
        try {
          return (await asPluginFault(asking, () => backend.clean?.({ elsewhereOlderThanMs }))) ?? [];
        } finally {
          await backend[Symbol.asyncDispose]?.();
        }
      };
      try {
        const removed = await clean();
        for (const sandbox of removed) this.log(`${name}: removed ${sandbox}`);
        cleaned.push({ backend: name, removed });
      } catch (error) {
        // Named, it has to answer.
        if (flags.backend !== undefined || !CooperBenchError.is(error)) throw error;
        cleaned.push({ backend: name, removed: [], problem: error.message });
        // One that nobody has set up, as Docker where it is not used, is no failure.
        if (options?.[name] !== undefined || error.code === 'PLUGIN_FAULT') process.exitCode = 1;
      }
    }
    if (flags.backend === undefined) {
      const unknown = await this.#unknown(Object.keys(options ?? {}).filter((name) => !names.includes(name)));
      if (unknown.length > 0) process.exitCode = 1;
      cleaned.push(...unknown);
    }
    for (const line of summary(cleaned)) this.log(line);
    return cleaned;
  }

  /** Backends that may have been used, and are not here to be asked: those that have options, and of plugins left out. */
  async #unknown(configured: readonly string[]): Promise<Cleaned[]> {
    const { leftOut } = await this.plugins();
    return [
      ...configured.map((backend) => ({
        backend,
        removed: [],
        problem: `There is no backend "${backend}".`,
      })),
      ...leftOut.map(({ name, error }) => ({ backend: name, removed: [], problem: error.message })),
    ];
  }
}

/** That nothing was left is said only of backends that were asked. */
function summary(cleaned: readonly Cleaned[]): string[] {
  const asked = cleaned.filter(({ problem }) => problem === undefined).map(({ backend }) => backend);
  const empty = cleaned.every(({ removed }) => removed.length === 0);
  const nothing =
    asked.length === cleaned.length ? 'Nothing was left.' : `${asked.join(', ')}: nothing was left`;
  return [
    ...(empty && asked.length > 0 ? [nothing] : []),
    ...cleaned.flatMap(({ backend, problem }) => (problem === undefined ? [] : [notAsked(backend, problem)])),
  ];
}

function notAsked(backend: string, problem: string): string {
  const why = printable(problem)
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '');
  return `${backend} was not asked: ${why}, so sandboxes of it may be left.`;
}

/** @throws ConfigError `CLEAN_AGE`. */
function ageElsewhere(allHosts = false, olderThanMs?: number): number | undefined {
  if (allHosts === (olderThanMs !== undefined)) return olderThanMs;
  if (allHosts)
    throw new ConfigError(
      'CLEAN_AGE',
      '--all-hosts needs --older-than: a live run of another host may own them.',
      {
        hint: 'Write for example --all-hosts --older-than 2h, longer than any run takes.',
      },
    );
  throw new ConfigError(
    'CLEAN_AGE',
    "--older-than is about other hosts' sandboxes, and --all-hosts is not given.",
    {
      hint: 'Without --all-hosts, whatever dead runs of this host left is removed, however young it is.',
    },
  );
}
