import type { EvaluationContext, Evaluator } from '../contracts/evaluator.ts';
import type { Registry } from '../plugins/registry.ts';
import type { EvaluationFile } from '../records/evaluation-file.ts';
import { maskSecrets } from '../records/mask-secrets.ts';
import { type EvaluateOptions, runDefaults } from './options.ts';

/** Who judges a run's work, and what happens to patches that conflict. */
export interface Jury {
  readonly evaluator: Evaluator;
  readonly policy: EvaluationContext['policy'];
  /** For the record: who the evaluator is, and what it was told, without secrets. */
  readonly judge: EvaluationFile['evaluator'];
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
    judge: { name, options: maskSecrets(told ?? {}) },
    title: registry.title('evaluators', name),
  };
}
