import { dirname } from 'node:path';
import { ConfigError } from '@cooperbench/core/errors';
import { suggest } from '@cooperbench/core/nearest';
import type { StoredTrial } from '@cooperbench/records';

/**
 * Finds the trial whose id is `wanted`, or ends with it, such as `recur_task/8/f2_f3`. `broken`: files that cannot be read.
 * @throws ConfigError `UNKNOWN_TRIAL`.
 */
export function chosenTrial(
  run: string,
  trials: readonly StoredTrial[],
  broken: readonly { readonly path: string; readonly reason: string }[],
  wanted: string,
): StoredTrial {
  const ids = trials.map(({ id }) => id);
  const found = trials.filter(({ id }) => id === wanted || id.endsWith(`/${wanted}`));
  const [only] = found;
  if (!only) {
    const own = broken.find(({ path }) => dirname(path).endsWith(`/${wanted}`));
    if (own) {
      throw new ConfigError('UNKNOWN_TRIAL', `${own.path} cannot be read: ${own.reason}.`, {
        hint: 'Repeat the run to create it again.',
        about: wanted,
      });
    }
    throw new ConfigError('UNKNOWN_TRIAL', `${run} has no trial "${wanted}".`, {
      hint: suggest(wanted, [...ids, ...ids.map((id) => id.slice(id.indexOf('/') + 1))]),
      about: wanted,
    });
  }
  if (found.length > 1) {
    throw new ConfigError('UNKNOWN_TRIAL', `${run} has ${found.length} trials "${wanted}".`, {
      hint: `Name one of them: ${found.map(({ id }) => id).join(', ')}.`,
      about: wanted,
    });
  }
  return only;
}
