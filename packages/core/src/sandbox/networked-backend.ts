import type { Backend, Sandbox } from '../contracts/backend.ts';
import type { Cancellable } from '../contracts/cancellable.ts';
import type { Job } from '../contracts/jobs.ts';
import type { ConnectedSandbox, NetworkPolicy } from '../contracts/network.ts';
import type { SandboxSpec } from '../contracts/sandbox-spec.ts';
import type { Workspace } from '../contracts/workspace.ts';
import { getSpecNetwork } from './network-policy.ts';

export interface NetworkRules {
  policyOf(spec: SandboxSpec): NetworkPolicy;
  /** Connects a sandbox whose policy is `registries`. */
  connect(workspace: Workspace, spec: SandboxSpec, options: Cancellable): Promise<ConnectedSandbox>;
}

/**
 * Creates a backend whose sandboxes and jobs have the network that `policyOf` names. `runJobs` starts no sandbox of core, so
 * it must not get jobs with the policy `registries`.
 */
export function createNetworkedBackend(
  backend: Pick<Backend, 'create' | 'runJobs'>,
  rules: NetworkRules,
): Pick<Backend, 'create' | 'runJobs'> {
  const withNetwork = (spec: SandboxSpec): SandboxSpec => ({
    ...spec,
    network: getSpecNetwork(rules.policyOf(spec)),
  });
  async function* jobsWithNetwork(jobs: AsyncIterable<Job>): AsyncGenerator<Job> {
    for await (const job of jobs) yield { ...job, spec: withNetwork(job.spec) };
  }
  const { runJobs } = backend;
  return {
    async create(spec, options) {
      const sandbox = await backend.create(withNetwork(spec), options);
      if (rules.policyOf(spec) !== 'registries') return sandbox;
      try {
        return connectSandbox(sandbox, await rules.connect(sandbox, spec, { signal: options?.signal }));
      } catch (error) {
        await Promise.resolve(sandbox[Symbol.asyncDispose]()).catch(() => {});
        throw error;
      }
    },
    ...(runJobs && { runJobs: (jobs, options) => runJobs.call(backend, jobsWithNetwork(jobs), options) }),
  };
}

function connectSandbox(sandbox: Sandbox, connected: ConnectedSandbox): Sandbox {
  const { id, origin } = sandbox;
  return {
    ...connected.workspace,
    ...{ id, origin },
    ...(sandbox.restart && { restart: async () => sandbox.restart?.() }),
    ...(sandbox.keep && {
      async keep(key, options) {
        await connected[Symbol.asyncDispose]();
        await sandbox.keep?.(key, options);
      },
    }),
    ...(sandbox.hostFault && { hostFault: async () => sandbox.hostFault?.() }),
    ...(sandbox.interruption && { interruption: async (sinceMs) => sandbox.interruption?.(sinceMs) }),
    async [Symbol.asyncDispose]() {
      await Promise.resolve(connected[Symbol.asyncDispose]()).catch(() => {});
      await sandbox[Symbol.asyncDispose]();
    },
  };
}
