import { join } from 'node:path';
import { settings } from '@cooperbench/command/settings';
import type { Kind, Registry } from '@cooperbench/core/host';
import type { TypedWords, ValuesOf } from './candidates.ts';

type Source = (typedWords: TypedWords, plugins: () => Promise<Registry>) => Promise<readonly string[]>;

const listNames =
  (kind: Kind): Source =>
  async (_typed, plugins) =>
    (await plugins()).list(kind).map(({ name }) => name);

const listRuns: Source = async (typedWords) => {
  const { runNames } = await import('@cooperbench/records');
  return runNames(getLogs(typedWords));
};

const listTrials: Source = async (typedWords) => {
  const { checkRunFolder, readTrials } = await import('@cooperbench/records');
  const folder = join(getLogs(typedWords), typedWords.args[0] ?? '');
  await checkRunFolder(folder);
  return (await readTrials(folder)).map(({ id }) => id);
};

const readTasks = async (typedWords: TypedWords) => {
  const { discover } = await import('@cooperbench/runs');
  return discover(getDataset(typedWords)).tasks;
};

/** Sources of values, by the name of a flag. */
const ofFlags: Readonly<Record<string, Source>> = {
  name: listRuns,
  subset: async (typedWords) => {
    const { listSubsetNames } = await import('@cooperbench/runs');
    return listSubsetNames(getDataset(typedWords));
  },
  repo: async (typedWords) => (await readTasks(typedWords)).map(({ repo }) => repo),
  task: async (typedWords) => {
    const { repo: typedRepo } = typedWords.flags;
    const matchingTasks = (await readTasks(typedWords)).filter(
      ({ repo }) => typedRepo === undefined || repo === typedRepo,
    );
    return matchingTasks.map(({ taskId }) => String(taskId));
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
  reporter: async (typedWords, plugins) => {
    const { reporterNames } = await import('@cooperbench/command/reporters');
    return [...reporterNames, ...(await listNames('reporters')(typedWords, plugins))];
  },
};

/** Sources of values, by the name of an argument. */
const ofArguments: Readonly<Record<string, Source>> = { run: listRuns, runs: listRuns, trial: listTrials };

/** Finds values of flags and arguments. `plugins` loads installed plugins only, so that no code of a project runs. */
export function valuesIn(plugins: () => Promise<Registry>): ValuesOf {
  return async (kind, name, typedWords) => {
    const source = (kind === 'flag' ? ofFlags : ofArguments)[name];
    // The Tab key must not print errors about a broken dataset or plugin.
    const values = await source?.(typedWords, plugins).catch(() => []);
    return [...new Set(values ?? [])];
  };
}

function getDataset({ flags }: TypedWords): string {
  return flags['dataset-dir'] ?? readVariable('DATASET_DIR') ?? settings.datasetDir.default;
}

function getLogs({ flags }: TypedWords): string {
  return flags['log-dir'] ?? readVariable('LOG_DIR') ?? settings.logDir.default;
}

function readVariable(name: string): string | undefined {
  return process.env[`COOPERBENCH_${name}`] || undefined;
}
