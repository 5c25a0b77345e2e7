import { join, resolve } from 'node:path';
import { ConfigError, suggest } from '@cooperbench/core';
import { checkName, runNames } from './run-names.ts';

/** Returns the folder of a run. @throws ConfigError `UNKNOWN_RUN` when it does not exist, `RUN_NAME`. */
export async function existingRun(logsDir: string, name: string): Promise<string> {
  const folder = join(resolve(logsDir), checkName(name));
  const knownNames = await runNames(logsDir);
  if (knownNames.includes(name)) return folder;
  throw new ConfigError('UNKNOWN_RUN', `There is no run "${name}" in ${resolve(logsDir)}.`, {
    hint:
      knownNames.length > 0
        ? suggest(name, knownNames)
        : 'It holds no runs. Name another directory with --log-dir.',
    about: name,
  });
}
