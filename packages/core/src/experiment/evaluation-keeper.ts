import type { Backend, RunJobsOptions } from '../contracts/backend.ts';
import type { EvaluationContext } from '../contracts/evaluator.ts';
import { keepSandboxes } from '../sandbox/keep-sandboxes.ts';
import { runDefaults } from './options.ts';

/**
 * `keepSandboxes` of an evaluation whose sandboxes `create` makes. Absent: the backend keeps nothing, or the user does not want
 * it.
 */
export function evaluationKeeper(
  backend: Backend,
  create: Backend['create'],
  warm: boolean = runDefaults.warm,
  how: RunJobsOptions,
): Pick<EvaluationContext, 'keepSandboxes'> {
  const hasKept = backend.hasKept?.bind(backend);
  if (!hasKept || backend.runJobs || !warm) return {};
  return { keepSandboxes: (jobs) => keepSandboxes({ create, hasKept }, jobs, how) };
}
