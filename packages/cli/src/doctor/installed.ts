import { type FoundPlugins, formatProvidedInWords, listProvided } from '@cooperbench/command/plugins';
import type { Registry } from '@cooperbench/core/host';
import { discover, listCombinations } from '@cooperbench/runs';
import { buildFailedCheck, buildPassedCheck, type Check } from './check.ts';

/** Returns a check for each plugin: its names, or the reason why it is left out. */
export function checkPlugins({ plugins, leftOut, warnings }: FoundPlugins): Check[] {
  return [
    ...plugins.map((plugin): Check => {
      const version = plugin.version ?? '(no version)';
      const provided = formatProvidedInWords(listProvided(plugin)) || 'nothing';
      const text = `${plugin.name} ${version}: ${provided}`;
      const warning = warnings.get(plugin);
      if (warning === undefined) return buildPassedCheck('package', text);
      return { what: 'package', status: 'warning', text: `${text}. ${warning}` };
    }),
    ...leftOut.map(({ error }) => buildFailedCheck('package', 'problem', error)),
  ];
}

/** Lists the variables with keys of models that are set. Never shows their values. */
export function checkKey(registry: Registry): Check {
  const keyNames = registry.list('agents').flatMap(({ name }) => registry.get('agents', name).keys ?? []);
  const set = [...new Set(keyNames)].filter((name) => process.env[name]?.trim());
  if (set.length > 0) return buildPassedCheck('keys', `${set.join(', ')} set`);
  return {
    what: 'keys',
    status: 'warning',
    text: 'No model key is set, neither in the environment nor in .env.',
    hint: 'Without a key, only oracle, nop and scripted agents work, and models that need no key.',
  };
}

export function checkDataset(datasetDir: string): Check[] {
  try {
    const { directory, tasks, broken } = discover(datasetDir);
    const pairs = tasks.reduce((sum, { features }) => sum + listCombinations(features, 2).length, 0);
    return [
      ...(tasks.length > 0
        ? [buildPassedCheck('dataset', `${tasks.length} tasks, ${pairs} pairs in ${directory}`)]
        : []),
      ...broken.map(
        ({ repo, task, reason }): Check => ({
          what: 'dataset',
          status: 'warning',
          text: `${repo}/${task} is left out: ${reason}`,
        }),
      ),
    ];
  } catch (error) {
    return [buildFailedCheck('dataset', 'warning', error)];
  }
}
