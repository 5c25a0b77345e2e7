import { join, resolve } from 'node:path';
import { ConfigError, suggest } from '@cooperbench/core';
import { checkName, runNames } from './run-names.ts';

/** Returns the folder of a run. @throws ConfigError `UNKNOWN_RUN` when it does not exist, `RUN_NAME`. */
export async function existingRun(logsDir: string, name: string): Promise<string> {
  const folder = join(resolve(logsDir), checkName(name));
  const known = await runNames(logsDir);
  if (known.includes(name)) return folder;
  throw new ConfigError('UNKNOWN_RUN', `There is no run "${name}" in ${resolve(logsDir)}.`, {
    hint:
      known.length > 0 ? suggest(name, known) : 'It holds no runs. Name another directory with --log-dir.',
    about: name,
  });
}
