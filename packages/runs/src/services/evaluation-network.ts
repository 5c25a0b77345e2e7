import {
  type Backend,
  type BackendRequest,
  ConfigError,
  type NetworkPolicy,
  type Task,
} from '@cooperbench/core';
import {
  type ConnectRegistries,
  chooseNetwork,
  computeLargestNeeds,
  createNetworkedBackend,
  getWidestNetwork,
} from '@cooperbench/core/host';
import type { RunPlan } from '../plan/plan.ts';
import type { EventStream } from '../trial/event-stream.ts';
import type { Services } from './services.ts';

/** Returns a task whose tests have this network, unless the user has chosen none. */
export function withEvalNetwork(task: Task, networkPolicy: NetworkPolicy | undefined): Task {
  return { ...task, network: chooseNetwork(task, networkPolicy) };
}

/**
 * Refuses `registries` for tests on a backend that runs them as batch jobs, where nothing connects their sandboxes.
 * @throws ConfigError `NETWORK_UNSUPPORTED`.
 */
export function refuseRegistries(
  backend: Pick<Backend, 'runJobs'>,
  title: string,
  tasks: readonly Pick<Task, 'network'>[],
): void {
  if (!backend.runJobs || !tasks.some(({ network }) => network === 'registries')) return;
  throw new ConfigError(
    'NETWORK_UNSUPPORTED',
    `${title} runs evaluations as batch jobs, which cannot have the network "registries".`,
    {
      hint: 'Choose --eval-network open or none, or run with --no-auto-eval and evaluate on another backend: cooperbench eval --backend docker.',
    },
  );
}

/** Builds the request to a backend for the tests of these tasks. */
export function buildEvaluationRequest(
  tasks: readonly Pick<Task, 'network' | 'cpus' | 'memoryMiB'>[],
  untrusted: boolean,
): BackendRequest {
  const network = getWidestNetwork(tasks.map(({ network = 'open' }) => network));
  return { untrusted, network, ...computeLargestNeeds(tasks) };
}

/** Asks the backend before anything is paid for. @throws the errors of `Backend.preflight` and `refuseRegistries`. */
export async function checkEvalNetwork(
  { trials, backend }: Pick<RunPlan, 'trials' | 'backend'>,
  services: Services,
  { evalNetwork }: { readonly evalNetwork: NetworkPolicy | undefined },
): Promise<void> {
  const tasks = trials.map(({ featureSet }) => withEvalNetwork(featureSet.task, evalNetwork));
  const backendOfRun = await services.backend(backend, buildEvaluationRequest(tasks, false));
  refuseRegistries(backendOfRun, services.title('backends', backend), tasks);
}

/**
 * Builds a backend whose sandboxes and jobs have the network of their task's tests. @throws the error of `refuseRegistries`.
 */
export function buildEvaluationBackend(
  backend: Backend,
  title: string,
  tasks: readonly Task[],
  connect: ConnectRegistries,
  events: EventStream,
): Pick<Backend, 'create' | 'runJobs'> {
  refuseRegistries(backend, title, tasks);
  const networks = new Map(tasks.map((task) => [task.directory, task.network]));
  return createNetworkedBackend(backend, {
    policyOf: ({ taskDir }) => networks.get(taskDir) ?? 'open',
    connect: (workspace, { labels: { trial = '' } }, options) =>
      connect(workspace, {
        ...options,
        onRefused: (target) => void events.emit({ type: 'network_refused', trial, seat: 'eval', target }),
      }),
  });
}
