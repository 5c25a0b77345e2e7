import {
  type AgentContext,
  AgentError,
  type AgentResult,
  type ModelPrice,
  runCommand,
  SandboxError,
  untilAborted,
} from '@cooperbench/core';
import type { Gateway, GatewayOptions } from '../gateway/gateway.ts';
import { openGateway } from '../gateway/open-gateway.ts';
import type { Failure } from '../gateway/refusal.ts';
import { type HostLimits, LimitGuard } from '../limits.ts';
import { type ModelPlan, planModel } from '../providers/plan.ts';
import type { Environment } from '../providers/resolve.ts';
import { openTunnel } from '../tunnel/open-tunnel.ts';
import type { Tunnel } from '../tunnel/tunnel.ts';
import { Framework, failedWork, type StartOptions } from './framework.ts';

export interface SandboxWorkOptions
  extends Pick<GatewayOptions, 'logRequests' | 'rateLimitStatus' | 'providerFeatures'> {
  /** Replaces the published price of the model. */
  readonly price?: ModelPrice | undefined;
  /** The source of keys and addresses. Default: the environment of this process. */
  readonly env?: Environment | undefined;
  /** Replaces limits on what the seat may use of the host, for tests. */
  readonly hostLimits?: Partial<HostLimits> | undefined;
}

/** The tools for an adapter that runs its framework inside a sandbox. */
export interface SandboxWork {
  readonly tunnel: Tunnel;
  readonly gateway: Gateway;
  readonly plan: ModelPlan;
  /** The gateway's address in the sandbox, without a path. */
  readonly modelUrl: string;
  /** Aborts when the seat stops or passes a limit, the provider refuses, or the tunnel is lost. */
  readonly signal: AbortSignal;
  /** Counts output that the framework does not print. */
  readonly guard: Pick<LimitGuard, 'count'>;
  /** Starts a program of the framework. The program can reach the gateway. It is killed when the work ends. */
  start(argv: readonly string[], options?: StartOptions): Promise<Framework>;
}

/**
 * Runs a framework inside the sandbox of a seat, with a tunnel and a model gateway. `work` resolves when the framework has
 * finished, and throws `failedWork` when it has failed.
 * @throws AgentError with scope `work` when the framework failed, and otherwise when the provider refuses or stays unavailable.
 * AgentError `AGENT_START` when the work ends before the model has answered: no code of the agent has run, so there is nothing to
 * evaluate. SeatLimitError when the seat passes a limit of the host. SandboxError when the sandbox is lost.
 */
export async function workInSandbox(
  context: AgentContext,
  work: (sandbox: SandboxWork) => Promise<void>,
  { price, env = process.env, hostLimits, ...options }: SandboxWorkOptions = {},
): Promise<AgentResult> {
  const { workspace, limits, record, ready } = context;
  const plan = await planModel(context, price, env);
  await using tunnel = await openTunnel(workspace, { signal: context.signal });
  const guard = new LimitGuard(hostLimits);
  await using gateway = openGateway({ plan, limits, record, ready, guard, ...options });
  const port = await tunnel.listen(0, (connection) => gateway.accept(connection));
  const signal = AbortSignal.any([context.signal, guard.passed, gateway.refused, tunnel.lost]);
  const agentWork = work({
    tunnel,
    gateway,
    plan,
    signal,
    guard,
    modelUrl: `http://127.0.0.1:${port}`,
    async start(argv, { cwd = workspace.repoDir, env } = {}) {
      // Some programs read the working directory from this variable.
      const options = { cwd, env: { PWD: cwd, ...env }, signal };
      return new Framework(await tunnel.exec(argv, options), argv, guard);
    },
  });
  let problem: string | undefined;
  try {
    await untilAborted(agentWork, signal);
    signal.throwIfAborted();
  } catch (error) {
    const reason: unknown = signal.aborted ? signal.reason : error;
    if (!(AgentError.is(reason) && reason.scope === 'work')) {
      if (!gateway.answered || !SandboxError.is(reason) || reason.code !== 'TUNNEL_ENDED') throw reason;
      // This throws if the sandbox is lost. If it is not, the agent has ended the forwarder.
      await runCommand(workspace, ['true'], { cwd: '/', signal: context.signal });
    }
    problem = reason.message;
  }
  if (gateway.limit !== undefined) return { status: 'LimitsExceeded' };
  const last = gateway.failure;
  // Some frameworks say nothing when they give up.
  if (problem === undefined && gateway.answered && last === undefined) return { status: 'Completed' };
  const outage = await gateway.outage({ signal: context.signal });
  if (outage !== undefined) {
    throw new AgentError(
      'AGENT_MODEL_UNAVAILABLE',
      `The model ${plan.model.id} did not answer: ${getText(outage)}. ${problem ?? ''}`.trim(),
      { hint: 'Run the same command again later, or lower --concurrency.' },
    );
  }
  const failureText = last && `the last request to the model failed: ${getText(last)}`;
  const error = [problem, failureText].filter((part) => part !== undefined).join('; ');
  if (!gateway.answered)
    throw new AgentError(
      'AGENT_START',
      `The framework ended before its model answered: ${error || 'it does not say why'}`,
      {
        hint: "Check the agent's options, --agent-config and the sandbox's memory, and run the same command again.",
      },
    );
  if (error !== '') throw failedWork(error);
  return { status: 'Completed' };
}

function getText({ status, message }: Failure): string {
  return `${message} (HTTP ${status})`;
}
