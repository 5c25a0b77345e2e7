import { join } from 'node:path';
import { ConfigError } from '@cooperbench/core/errors';
import { type ConfigFile, configShape, readRecord, runNames } from '@cooperbench/records';

/**
 * The runs that names and patterns stand for. In a pattern, `*` stands for any characters and `?` for one. @throws ConfigError
 * `UNKNOWN_RUN` for a pattern that matches none.
 */
export async function readMatchingRuns(logDir: string, patterns: readonly string[]): Promise<string[]> {
  const names: string[] = [];
  for (const name of patterns) {
    if (!/[*?]/.test(name)) {
      names.push(name);
      continue;
    }
    const matches = (await runNames(logDir)).filter((run) => isMatch(run, name)).sort();
    if (matches.length === 0)
      throw new ConfigError('UNKNOWN_RUN', `No run of ${logDir} matches ${JSON.stringify(name)}.`, {
        hint: '`cooperbench list runs` lists the runs.',
      });
    names.push(...matches);
  }
  return names;
}

/** A name has at most 255 characters, and the user wrote the pattern. */
function isMatch(name: string, pattern: string): boolean {
  const parts = pattern.replaceAll(/\*+/g, '*').split('');
  const body = parts.map((part) =>
    part === '*' ? '.*' : part === '?' ? '.' : part.replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&'),
  );
  return new RegExp(`^${body.join('')}$`, 's').test(name);
}

/** Reads the runs that an experiment of a configuration made, sorted. @throws ConfigError `UNKNOWN_RUN`. */
export async function readExperimentRuns(logDir: string, experiment: string): Promise<string[]> {
  const names: string[] = [];
  for (const name of (await runNames(logDir)).sort()) {
    const config = await readRecord<Partial<ConfigFile>>(join(logDir, name, 'config.json'), configShape);
    if (config.state === 'read' && config.value.origin?.experiment === experiment) names.push(name);
  }
  if (names.length > 0) return names;
  throw new ConfigError(
    'UNKNOWN_RUN',
    `No run of ${logDir} belongs to the experiment ${JSON.stringify(experiment)}.`,
    {
      hint: 'Runs of an experiment have its name in the `origin` of their config.json. `cooperbench list runs` lists the runs.',
    },
  );
}
