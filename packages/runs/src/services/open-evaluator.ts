import type { Cancellable, Evaluator, MergePolicy } from '@cooperbench/core';
import {
  callPlugin,
  createPluginFault,
  findMetricsFault,
  maskSecrets,
  type Registry,
} from '@cooperbench/core/host';
import type { EvaluationFile } from '@cooperbench/records';
import { withSortedKeys } from '../options/identity.ts';
import type { OpenedServices } from './opened-services.ts';

/** The evaluator of a run and its merge policy. */
export interface EvaluatorService {
  readonly evaluator: Evaluator;
  readonly policy: { readonly name: string } & MergePolicy;
  /** The evaluator's name and options for eval.json. Secrets are masked. */
  readonly record: EvaluationFile['evaluator'];
  /** Says how the evaluator judges. A verdict that was made in another way is stale. */
  readonly fingerprint: string;
  /** Begins error messages about the evaluator. */
  readonly title: string;
}

/** Opens an evaluator and its merge policy. @throws PluginError; ConfigError of its preflight. */
export async function openEvaluator(
  services: OpenedServices,
  registry: Registry,
  {
    name,
    options,
    mergePolicy,
  }: { readonly name: string; readonly options: unknown; readonly mergePolicy: string },
  limited: { readonly limitMs: number; readonly signal: Cancellable['signal'] },
): Promise<EvaluatorService> {
  const evaluator = await services.make('evaluators', name, options);
  const title = registry.title('evaluators', name);
  const unfit = findMetricsFault(evaluator.metrics ?? {});
  if (unfit !== undefined) throw createPluginFault(`${title} cannot be used`, unfit);
  await services.preflight('evaluators', name, 'warning', '', (signal) => evaluator.preflight?.({ signal }));
  const record = { name, options: maskSecrets(options ?? {}) };
  const fingerprint = await callPlugin(
    `${title} failed in fingerprint`,
    () => evaluator.fingerprint?.(),
    limited,
  );
  if (fingerprint !== undefined && typeof fingerprint !== 'string')
    throw createPluginFault(
      `${title} failed in fingerprint`,
      `found ${typeof fingerprint}, expected a string`,
    );
  const versions = registry.versionsOf([['evaluators', name]]);
  return {
    evaluator,
    policy: { name: mergePolicy, ...(await registry.make('mergePolicies', mergePolicy, {}, limited)) },
    record,
    fingerprint: JSON.stringify([name, fingerprint ?? [withSortedKeys(record.options), versions]]),
    title,
  };
}
