import { BaseCommand, isAbort, printable, settingFlags } from '@cooperbench/command';
import { parseDuration, pluginOptions } from '@cooperbench/command/settings';
import { ConfigError, CooperBenchError } from '@cooperbench/core/errors';
import * as Flags from '@oclif/core/flags';
import { untilInterrupted } from '../base/until-interrupted.ts';

interface CleanedBackend {
  readonly backend: string;
  readonly removed: readonly string[];
  /** The reason why the backend could not be asked, or did not finish. */
  readonly problem?: string;
  /** The command was interrupted while the backend removed sandboxes. */
  readonly interrupted?: true;
}

const interrupted = 'Interrupted.';
const repeat = 'Repeat the command to remove the rest.\n';

export default class Clean extends BaseCommand {
  static override summary = 'Remove sandboxes that dead runs of this host left behind.';
  static override description =
    'Asks every installed backend, or only the one that --backend names. Never touches the sandboxes of a live run of this host. Cannot see whether a run of another host is alive, only how old its sandboxes are. Ctrl-C lets the removal that has begun end, and names the backends that may still have sandboxes. Exits with an error when it cannot ask a backend that is named, has options, or comes with a broken plugin.';
  static override examples = [
    '<%= config.bin %> clean',
    '<%= config.bin %> clean --backend local',
    '<%= config.bin %> clean --backend docker --all-hosts --older-than 2h',
  ];
  static override suggestsBackends = false;
  static override flags = {
    ...settingFlags('clean'),
    'all-hosts': Flags.boolean({
      summary: "Also remove other hosts' sandboxes, where hosts share a provider. Requires --older-than.",
    }),
    'older-than': Flags.custom<number>({ parse: async (text) => parseDuration(text) })({
      helpValue: 'DURATION',
      summary: "Minimum age of other hosts' sandboxes, for example 2h. Choose longer than any run takes.",
    }),
  };

  async run(): Promise<readonly CleanedBackend[]> {
    return this.interruptible((signal) => this.#clean(signal), `Stopped at once. ${repeat}`);
  }

  async #clean(signal: AbortSignal): Promise<readonly CleanedBackend[]> {
    const { flags, configuration } = await this.parse(Clean);
    const elsewhereOlderThanMs = ageElsewhere(flags['all-hosts'], flags['older-than']);
    const { callPlugin } = await import('@cooperbench/core/host');
    const registry = await this.registry();
    const names =
      flags.backend === undefined ? registry.list('backends').map(({ name }) => name) : [flags.backend];
    const options = pluginOptions('backendOptions', flags, configuration.values, registry);
    const cleaned: CleanedBackend[] = [];
    for (const name of names) {
      if (signal.aborted) {
        cleaned.push({ backend: name, removed: [], problem: interrupted });
        continue;
      }
      const removed = new Set<string>();
      const onRemoved = (sandbox: string): void => {
        if (!removed.has(sandbox)) this.log(`${name}: removed ${printable(sandbox)}`);
        removed.add(sandbox);
      };
      const clean = async (): Promise<void> => {
        const backend = await registry.make('backends', name, options?.[name], {
          given: { backends: options },
        });
        const failureText = `${registry.title('backends', name)} failed in clean`;
        try {
          const options = { elsewhereOlderThanMs, signal, onRemoved };
          const backends = await callPlugin(failureText, () => backend.clean?.(options));
          for (const sandbox of backends ?? []) onRemoved(sandbox);
        } finally {
          await backend[Symbol.asyncDispose]?.();
        }
      };
      try {
        await untilInterrupted(clean(), signal);
        cleaned.push({ backend: name, removed: [...removed] });
      } catch (error) {
        if (signal.aborted) {
          cleaned.push({ backend: name, removed: [...removed], problem: interrupted, interrupted: true });
          continue;
        }
        // If the user names a backend, its failure is the command's failure.
        if (flags.backend !== undefined || !CooperBenchError.is(error)) throw error;
        cleaned.push({ backend: name, removed: [...removed], problem: error.message });
        // A backend that nobody has set up, such as Docker on a machine without it, does not fail the command.
        if (options?.[name] !== undefined || error.code === 'PLUGIN_FAULT') process.exitCode = 1;
      }
    }
    if (flags.backend === undefined) {
      const unknownRows = await this.#findUnknown(
        Object.keys(options ?? {}).filter((name) => !names.includes(name)),
      );
      if (unknownRows.length > 0) process.exitCode = 1;
      cleaned.push(...unknownRows);
    }
    for (const line of formatSummary(cleaned)) this.log(line);
    if (isAbort(signal.reason) && cleaned.some(({ problem }) => problem === interrupted)) {
      process.stderr.write(`Error: ${interrupted} ${repeat}`);
      process.exitCode = 130;
    }
    return cleaned;
  }

  /** Backends that cannot be asked but may have sandboxes: configured ones that are not installed, and plugins left out. */
  async #findUnknown(configured: readonly string[]): Promise<CleanedBackend[]> {
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

/** Formats the last lines of the command. They say "nothing was left" only of backends that answered. */
function formatSummary(cleaned: readonly CleanedBackend[]): string[] {
  const askedBackends = cleaned.filter(({ problem }) => problem === undefined).map(({ backend }) => backend);
  const empty = cleaned.every(({ removed }) => removed.length === 0);
  const emptyText =
    askedBackends.length === cleaned.length
      ? 'Nothing was left.'
      : `${askedBackends.join(', ')}: nothing was left`;
  return [
    ...(empty && askedBackends.length > 0 ? [emptyText] : []),
    ...cleaned.flatMap((cleanedBackend) =>
      cleanedBackend.problem === undefined ? [] : [formatUnknownLine(cleanedBackend, cleanedBackend.problem)],
    ),
  ];
}

/** Says why a backend may still have sandboxes. */
function formatUnknownLine({ backend, interrupted: midway }: CleanedBackend, problem: string): string {
  if (midway) return `${backend} was interrupted, so it may still have sandboxes.`;
  const reason = printable(problem)
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '');
  return `${backend} was not asked: ${reason}, so it may still have sandboxes.`;
}

/** Checks that --all-hosts and --older-than come together. @throws ConfigError `CLEAN_AGE`. */
function ageElsewhere(allHosts = false, olderThanMs?: number): number | undefined {
  if (allHosts === (olderThanMs !== undefined)) return olderThanMs;
  if (allHosts)
    throw new ConfigError(
      'CLEAN_AGE',
      '--all-hosts requires --older-than: a live run of another host may own the sandboxes.',
      {
        hint: 'For example --all-hosts --older-than 2h. Choose longer than any run takes.',
      },
    );
  throw new ConfigError(
    'CLEAN_AGE',
    "--older-than applies to other hosts' sandboxes and requires --all-hosts.",
    {
      hint: 'Without --all-hosts, clean removes everything that dead runs of this host left, whatever its age.',
    },
  );
}
