import { type Backend, type EvaluationContext, keepSandboxes, type RunJobsOptions } from '@cooperbench/core';
import { runDefaults } from '../options/options.ts';

/**
 * Builds the `keepSandboxes` of an evaluation whose sandboxes `create` makes. Returns undefined if the backend keeps nothing,
 * or if the user does not want it.
 */
export function createEvaluationKeeper(
  backend: Backend,
  create: Backend['create'],
  warm: boolean = runDefaults.warm,
  jobOptions: RunJobsOptions,
): Pick<EvaluationContext, 'keepSandboxes'> {
  const hasKept = backend.hasKept?.bind(backend);
  if (!hasKept || !keepsForEvaluation(backend, warm)) return {};
  return { keepSandboxes: (jobs) => keepSandboxes({ create, hasKept }, jobs, jobOptions) };
}

/** Returns whether evaluations on this backend start from kept sandboxes. */
export function keepsForEvaluation(backend: Backend, warm: boolean = runDefaults.warm): boolean {
  return warm && backend.hasKept !== undefined && backend.runJobs === undefined;
}
