import { join } from 'node:path';
import { settings } from '@cooperbench/command/settings';
import type { Kind, Registry } from '@cooperbench/core/host';
import type { TypedWords, ValuesOf } from './candidates.ts';

type Source = (typed: TypedWords, plugins: () => Promise<Registry>) => Promise<readonly string[]>;

const listNames =
  (kind: Kind): Source =>
  async (_typed, plugins) =>
    (await plugins()).list(kind).map(({ name }) => name);

const listRuns: Source = async (typed) => {
  const { runNames } = await import('@cooperbench/records');
  return runNames(logsOf(typed));
};

const trials: Source = async (typed) => {
  const { checkRunFolder, readTrials } = await import('@cooperbench/records');
  const folder = join(logsOf(typed), typed.args[0] ?? '');
  await checkRunFolder(folder);
  return (await readTrials(folder)).map(({ id }) => id);
};

const tasks = async (typed: TypedWords) => {
  const { discover } = await import('@cooperbench/runs');
  return discover(datasetOf(typed)).tasks;
};

/** Sources of values, by the name of a flag. */
const ofFlags: Readonly<Record<string, Source>> = {
  name: listRuns,
  subset: async (typed) => {
    const { subsetNames } = await import('@cooperbench/runs');
    return subsetNames(datasetOf(typed));
  },
  repo: async (typed) => (await tasks(typed)).map(({ repo }) => repo),
  task: async (typed) => {
    const { repo: wanted } = typed.flags;
    const all = (await tasks(typed)).filter(({ repo }) => wanted === undefined || repo === wanted);
    return all.map(({ taskId }) => String(taskId));
  },
  agent: listNames('agents'),
  backend: listNames('backends'),
  setting: listNames('settings'),
  channels: listNames('channels'),
  bus: listNames('buses'),
  evaluator: listNames('evaluators'),
  'merge-policy': listNames('mergePolicies'),
  network: async () => settings.network.values,
  'eval-network': async () => settings.evalNetwork.values,
  reporter: async (typed, plugins) => {
    const { reporterNames } = await import('@cooperbench/command/reporters');
    return [...reporterNames, ...(await listNames('reporters')(typed, plugins))];
  },
};

/** Sources of values, by the name of an argument. */
const ofArguments: Readonly<Record<string, Source>> = { run: listRuns, runs: listRuns, trial: trials };

/** Finds values of flags and arguments. `plugins` loads installed plugins only, so that no code of a project runs. */
export function valuesIn(plugins: () => Promise<Registry>): ValuesOf {
  return async (kind, name, typed) => {
    const source = (kind === 'flag' ? ofFlags : ofArguments)[name];
    // The Tab key must not print errors about a broken dataset or plugin.
    const values = await source?.(typed, plugins).catch(() => []);
    return [...new Set(values ?? [])];
  };
}

function datasetOf({ flags }: TypedWords): string {
  return flags['dataset-dir'] ?? readVariable('DATASET_DIR') ?? settings.datasetDir.default;
}

function logsOf({ flags }: TypedWords): string {
  return flags['log-dir'] ?? readVariable('LOG_DIR') ?? settings.logDir.default;
}

function readVariable(name: string): string | undefined {
  return process.env[`COOPERBENCH_${name}`] || undefined;
}
