import type { Backend, Sandbox } from '../contracts/backend.ts';
import type { Job } from '../contracts/jobs.ts';
import type { NetworkPolicy } from '../contracts/network.ts';
import type { SandboxSpec } from '../contracts/sandbox-spec.ts';
import { specNetwork } from './policy.ts';
import { type ProxyListeners, type RegistryAccess, RegistryTunnel } from './registry-tunnel.ts';

export interface NetworkRules extends RegistryAccess {
  policyOf(spec: SandboxSpec): NetworkPolicy;
  listenersFor(spec: SandboxSpec): ProxyListeners;
}

/**
 * A backend whose sandboxes and jobs have the network that `policyOf` names. With `registries`, every exec of a sandbox has the
 * proxy. `runJobs` starts no sandbox of core, so it must not get jobs with that policy.
 */
export function networkedBackend(
  backend: Pick<Backend, 'create' | 'runJobs'>,
  rules: NetworkRules,
): Pick<Backend, 'create' | 'runJobs'> {
  const withNetwork = (spec: SandboxSpec): SandboxSpec => ({
    ...spec,
    network: specNetwork(rules.policyOf(spec)),
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
        const tunnel = await RegistryTunnel.open(sandbox, rules, rules.listenersFor(spec), options?.signal);
        return proxiedSandbox(sandbox, tunnel);
      } catch (error) {
        await Promise.resolve(sandbox[Symbol.asyncDispose]()).catch(() => {});
        throw error;
      }
    },
    ...(runJobs && { runJobs: (jobs, options) => runJobs.call(backend, jobsWithNetwork(jobs), options) }),
  };
}

function proxiedSandbox(sandbox: Sandbox, tunnel: RegistryTunnel): Sandbox {
  const { id, origin } = sandbox;
  return {
    ...tunnel.workspace,
    ...{ id, origin },
    ...(sandbox.restart && { restart: async () => sandbox.restart?.() }),
    ...(sandbox.keep && {
      async keep(key, options) {
        await tunnel[Symbol.asyncDispose]();
        await sandbox.keep?.(key, options);
      },
    }),
    ...(sandbox.hostFault && { hostFault: async () => sandbox.hostFault?.() }),
    async [Symbol.asyncDispose]() {
      await tunnel[Symbol.asyncDispose]().catch(() => {});
      await sandbox[Symbol.asyncDispose]();
    },
  };
}
