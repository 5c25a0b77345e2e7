import { resolve } from 'node:path';
import { ConfigError } from '@cooperbench/core/errors';
import { planRun, type Registry, type RunOptions, runDefaults } from '@cooperbench/core/host';
import { createReporter, reporterNames } from '../reporters/index.ts';

/**
 * Checks the options of a run as the run itself does before it starts. If the default dataset does not exist, does not check
 * tasks.
 * @throws ConfigError.
 */
export function checkRunOptions(registry: Registry, options: RunOptions, reporter: string | undefined): void {
  refuseReporter(reporter);
  const seats = Object.values(options.seats ?? {});
  const agents = [registry.nameOr('agents', options.agent), ...seats.flatMap(({ agent }) => agent ?? [])];
  const backends = [
    registry.nameOr('backends', options.backend),
    ...seats.flatMap(({ backend }) => backend ?? []),
  ];
  try {
    planRun(registry, options);
  } catch (error) {
    if (!ConfigError.is(error) || error.code !== 'DATASET_MISSING' || isNamed(options.datasetDir))
      throw error;
  }
  for (const name of agents) registry.checkOptions('agents', name, options.agentOptions?.[name]);
  for (const name of backends) registry.checkOptions('backends', name, options.backendOptions?.[name]);
  const { bus } = options;
  if (bus !== undefined) registry.checkOptions('buses', bus, options.busOptions?.[bus]);
}

function refuseReporter(name: string | undefined): void {
  if (name !== undefined && !reporterNames.some((known) => known === name))
    createReporter(name, process.stdout);
}

function isNamed(datasetDir: string | undefined): boolean {
  return datasetDir !== undefined && resolve(datasetDir) !== resolve(runDefaults.datasetDir);
}
