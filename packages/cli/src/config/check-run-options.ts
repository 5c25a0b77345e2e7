import { resolve } from 'node:path';
import { ConfigError } from '@cooperbench/core/errors';
import type { Registry } from '@cooperbench/core/host';
import { planRun, type RunOptions, runDefaults } from '@cooperbench/runs';

/**
 * Checks the options of a run as the run itself does before it starts. If the default dataset does not exist, does not check
 * tasks.
 * @throws ConfigError.
 */
export function checkRunOptions(registry: Registry, options: RunOptions, reporter: string | undefined): void {
  if (reporter !== undefined) registry.get('reporters', reporter);
  try {
    planRun(registry, options);
  } catch (error) {
    if (!ConfigError.is(error) || error.code !== 'DATASET_MISSING' || isNamed(options.datasetDir))
      throw error;
  }
}

function isNamed(datasetDir: string | undefined): boolean {
  return datasetDir !== undefined && resolve(datasetDir) !== resolve(runDefaults.datasetDir);
}
