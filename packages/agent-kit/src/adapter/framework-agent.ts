import { type Agent, type AgentContext, ConfigError } from '@cooperbench/core';
import type { FrameworkOptions } from '../definition/framework-options.ts';
import { formatEndpointNotice, formatPriceNotice, planModel } from '../providers/plan.ts';
import { checkReachable } from '../providers/reachable.ts';
import type { Environment } from '../providers/resolve.ts';
import type { Protocol } from '../providers/table.ts';
import { type SandboxWork, workInSandbox } from './work-in-sandbox.ts';

/** Describes a framework that runs inside the sandbox, for `frameworkAgent`. */
export interface SandboxFramework {
  /** The agent's name, such as `claude_code`. */
  readonly name: string;
  /** The kinds of providers that it can call. */
  readonly protocols: readonly Protocol[];
  /** Parts of the error about any other provider. `speaks`, such as "the API of Anthropic". `hint` says which model to use. */
  readonly speaks: string;
  readonly hint: string;
  /** Replaces the status 429 of the provider, for a framework that retries after this status but not after a 429. */
  readonly rateLimitStatus?: number;
  /** Checks the file of `--agent-config`, which `work` reads again. If it is absent, the agent refuses such a file. */
  checkConfig?(path: string): Promise<unknown>;
  /** Resolves when the framework has finished. @throws the errors of `Framework.ended`, or of `failedWork`, when it failed. */
  work(task: string, context: AgentContext, sandbox: SandboxWork): Promise<void>;
}

/**
 * Returns the agent of a framework that runs inside the sandbox of its seat. Its `preflight` throws ConfigError
 * `AGENT_MODEL_FORMAT` for a model that the framework cannot call, and tells the user where requests go.
 */
export function frameworkAgent(
  { name, protocols, speaks, hint, rateLimitStatus, checkConfig, work }: SandboxFramework,
  {
    price,
    logRequests,
    providerFeatures,
  }: Pick<FrameworkOptions, 'price' | 'logRequests' | 'providerFeatures'> = {},
  env: Environment = process.env,
): Agent {
  return {
    // Its first request says so.
    saysReady: true,
    async preflight(access) {
      const plan = await planModel(access, price, env);
      const { id, provider, row } = plan.model;
      if (!protocols.includes(row.protocol))
        throw new ConfigError(
          'AGENT_MODEL_FORMAT',
          `${name} speaks ${speaks}, but the provider ${provider} of "${id}" does not.`,
          { hint },
        );
      if (access.configFile !== undefined) {
        if (checkConfig === undefined)
          throw new ConfigError('AGENT_CONFIG', `${name} takes no agent configuration.`, {
            hint: `Remove --agent-config, and set the options of ${name} instead.`,
          });
        await checkConfig(access.configFile);
      }
      await checkReachable(plan, env, access.signal);
      return [formatEndpointNotice(plan), ...(plan.price === undefined ? [formatPriceNotice(id)] : [])];
    },
    knowsPrice: async (access) => (await planModel(access, price, env)).price !== undefined,
    run: (task, context) =>
      workInSandbox(context, (sandbox) => work(task, context, sandbox), {
        price,
        logRequests,
        providerFeatures,
        env,
        rateLimitStatus,
      }),
  };
}
