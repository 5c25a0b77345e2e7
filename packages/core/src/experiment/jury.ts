import type { EvaluationContext, Evaluator } from '../contracts/evaluator.ts';
import type { Registry } from '../plugins/registry.ts';
import type { EvaluationFile } from '../records/evaluation-file.ts';
import { maskSecrets } from '../records/mask-secrets.ts';
import { type EvaluateOptions, runDefaults } from './options.ts';

/** A run's evaluator and merge policy. */
export interface Jury {
  readonly evaluator: Evaluator;
  readonly policy: EvaluationContext['policy'];
  /** The evaluator's name and options, without secrets. */
  readonly record: EvaluationFile['evaluator'];
  /** How messages about the evaluator begin. */
  readonly title: string;
}

/** @throws ConfigError, PluginError when there is no such evaluator or policy, or it cannot be made. */
export async function callJury(
  registry: Registry,
  {
    evaluator: name = runDefaults.evaluator,
    mergePolicy = runDefaults.mergePolicy,
    evaluatorOptions,
  }: Pick<EvaluateOptions, 'evaluator' | 'mergePolicy' | 'evaluatorOptions'>,
): Promise<Jury> {
  const told = evaluatorOptions?.[name];
  return {
    evaluator: await registry.make('evaluators', name, told),
    policy: { name: mergePolicy, ...(await registry.make('mergePolicies', mergePolicy)) },
    record: { name, options: maskSecrets(told ?? {}) },
    title: registry.title('evaluators', name),
  };
}
