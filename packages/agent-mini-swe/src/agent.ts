import { setTimeout as delay } from 'node:timers/promises';
import {
  checkReachable,
  type Environment,
  formatEndpointNotice,
  formatPriceNotice,
  planModel,
} from '@cooperbench/agent-kit/providers';
import type { Agent, AgentContext, ModelAccess } from '@cooperbench/core';
import { type AgentConfig, loadAgentConfig } from './config/load.ts';
import { Journal } from './journal.ts';
import { workUntilDone } from './loop.ts';
import type { ChatModel } from './model/chat-model.ts';
import { type RetryPorts, withRetries } from './model/retry.ts';
import { renderPrompts } from './prompts/render.ts';
import { findScriptFor, formatScriptNotice, loadScripts } from './scripted/load.ts';
import { isScripted } from './scripted/name.ts';
import { scriptedModel } from './scripted/scripted-model.ts';
import { isTracked, readPatchFile } from './shell/patch-file.ts';
import { findShell } from './shell/run-command.ts';

/** The parts of the process that the agent uses. Tests replace them. */
export interface AgentPorts extends Pick<RetryPorts, 'sleep' | 'random'> {
  readonly env: Environment;
}

export const realPorts: AgentPorts = {
  env: process.env,
  random: Math.random,
  sleep: (ms, signal) =>
    delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted()) as Promise<void>,
};

/** Creates the bash-tool agent. */
export function createMiniSweAgent(overrides: Partial<AgentPorts> = {}): Agent {
  const ports = { ...realPorts, ...overrides };
  return {
    async preflight(access) {
      if (isScripted(access.model)) {
        await loadAgentConfig(access.configFile);
        await loadScripts(access.model);
        return [formatScriptNotice(access.model)];
      }
      const config = await loadAgentConfig(access.configFile);
      const plan = await planModel(access, config.price, ports.env);
      await checkReachable(plan, ports.env, access.signal);
      return [
        formatEndpointNotice(plan),
        ...(plan.price === undefined ? [formatPriceNotice(access.model)] : []),
      ];
    },

    knowsPrice: (access) => knowsPrice(access, ports.env),

    async run(task, context) {
      const config = await loadAgentConfig(context.configFile);
      const journal = new Journal(
        (event) => context.record(event),
        [context.limits, config.limits],
        // A script does not read the conversation.
        isScripted(context.model)
          ? { ...config.compaction, threshold_tokens: Number.POSITIVE_INFINITY }
          : config.compaction,
      );
      const prompts = renderPrompts(config.prompts, task, {
        ...context,
        maxSteps: journal.maxSteps,
        commandTimeoutSeconds: config.command.timeout_seconds,
      });
      const model = await open(context, config, journal, ports);
      const system =
        model.disclaimer === undefined ? prompts.system : `${model.disclaimer}\n\n${prompts.system}`;
      journal.start(system, prompts.task);
      const { workspace, signal } = context;
      const patchIsTracked = await isTracked(workspace, signal);
      const shell = {
        shell: await findShell(workspace, signal),
        timeoutMs: config.command.timeout_seconds * 1000,
        outputBytes: config.command.output_bytes,
        env: config.environment,
      };
      const result = await workUntilDone({ context, model, journal, shell });
      const patch = patchIsTracked ? undefined : await readPatchFile(workspace, signal);
      return patch === undefined ? result : { ...result, patch };
    },
  };
}

async function open(
  context: AgentContext,
  config: AgentConfig,
  journal: Journal,
  ports: AgentPorts,
): Promise<ChatModel> {
  if (isScripted(context.model)) {
    const script = findScriptFor(await loadScripts(context.model), context);
    journal.notice(formatScriptNotice(context.model));
    return scriptedModel(context.model, script, ports.sleep);
  }
  const { openModel } = await import('./model/sdk-model.ts');
  const plan = await planModel(context, config.price, ports.env);
  if (plan.price === undefined) journal.notice(formatPriceNotice(context.model));
  return withRetries(await openModel(plan, config.model, context.seed), config.retries, {
    ...ports,
    log: (text) => journal.log(text),
    notice: (text) => journal.notice(text),
    spend: (usage) => journal.spend(usage),
  });
}

async function knowsPrice(access: ModelAccess, env: Environment): Promise<boolean> {
  if (isScripted(access.model)) return true;
  const config = await loadAgentConfig(access.configFile);
  return (await planModel(access, config.price, env)).price !== undefined;
}
