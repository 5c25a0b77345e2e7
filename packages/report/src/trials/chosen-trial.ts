import { dirname } from 'node:path';
import { ConfigError } from '@cooperbench/core/errors';
import { suggest } from '@cooperbench/core/nearest';
import type { StoredTrial } from '@cooperbench/records';

/**
 * Finds the trial whose id is `wanted`, or ends with it, such as `recur_task/8/f2_f3`. `broken`: files that cannot be read.
 * @throws ConfigError `UNKNOWN_TRIAL`.
 */
export function findChosenTrial(
  run: string,
  trials: readonly StoredTrial[],
  brokenFiles: readonly { readonly path: string; readonly reason: string }[],
  trialId: string,
): StoredTrial {
  const ids = trials.map(({ id }) => id);
  const matchingTrials = trials.filter(({ id }) => id === trialId || id.endsWith(`/${trialId}`));
  const [onlyTrial] = matchingTrials;
  if (!onlyTrial) {
    const brokenFile = brokenFiles.find(({ path }) => dirname(path).endsWith(`/${trialId}`));
    if (brokenFile) {
      throw new ConfigError('UNKNOWN_TRIAL', `${brokenFile.path} cannot be read: ${brokenFile.reason}.`, {
        hint: 'Repeat the run to create it again.',
        about: trialId,
      });
    }
    throw new ConfigError('UNKNOWN_TRIAL', `${run} has no trial "${trialId}".`, {
      hint: suggest(trialId, [...ids, ...ids.map((id) => id.slice(id.indexOf('/') + 1))]),
      about: trialId,
    });
  }
  if (matchingTrials.length > 1) {
    throw new ConfigError('UNKNOWN_TRIAL', `${run} has ${matchingTrials.length} trials "${trialId}".`, {
      hint: `Name one of them: ${matchingTrials.map(({ id }) => id).join(', ')}.`,
      about: trialId,
    });
  }
  return onlyTrial;
}
