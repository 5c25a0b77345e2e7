import type { Registry, RunOptions } from '@cooperbench/core/host';
import type { InferredFlags } from '@oclif/core/interfaces';
import type Run from '../commands/run.ts';
import type { Configuration } from '../config/configuration.ts';
import { allPluginOptions } from './plugin-options.ts';
import { seatOverrides } from './seat.ts';

/** The flags of `run` that say what is run. */
export type RunFlags = Omit<InferredFlags<typeof Run.flags>, 'force' | 'dry-run'> & {
  readonly force?: boolean;
};

/** What core takes, from flags that the configuration has filled in, and from what only the configuration can say. */
export function runOptions(
  flags: RunFlags,
  { values }: Pick<Configuration, 'values'>,
  registry: Registry,
): RunOptions {
  return {
    runName: flags.name,
    subset: flags.subset,
    repo: flags.repo,
    taskId: flags.task,
    features: flags.features,
    modelName: flags.model,
    agent: flags.agent,
    seats: seatOverrides(flags.seat, flags['seat-backend'], values.seats),
    concurrency: flags.concurrency,
    setting: flags.setting,
    backend: flags.backend,
    redisUrl: flags.redis ?? process.env.REDIS_URL,
    bus: flags.bus,
    gitEnabled: flags.git,
    messagingEnabled: flags.messaging,
    autoEval: flags['auto-eval'],
    evalConcurrency: flags['eval-concurrency'],
    force: flags.force,
    agentConfig: flags['agent-config'],
    baseUrl: flags['base-url'],
    maxCostUsd: flags['max-cost'],
    maxSteps: flags['max-steps'],
    timeoutMs: flags.timeout,
    budgetUsd: flags.budget,
    datasetDir: flags['dataset-dir'],
    logsDir: flags['log-dir'],
    evaluator: flags.evaluator,
    mergePolicy: flags['merge-policy'],
    unisolated: flags.unisolated,
    ...allPluginOptions(flags, values, registry),
    imagePattern: values.imagePattern,
  };
}
