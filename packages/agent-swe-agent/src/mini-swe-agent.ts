import { seatInstructions } from '@cooperbench/agent-kit';
import type { Environment } from '@cooperbench/agent-kit/providers';
import type { Agent } from '@cooperbench/core';
import { miniPython } from './layers.ts';
import { buildLitellmModel } from './litellm.ts';
import { miniProgram } from './mini-program.ts';
import type { MiniOptions } from './options.ts';
import { createPythonAgent } from './python-agent.ts';

/** mini-SWE-agent, the program `mini`, with its local environment. */
export function createMiniSweAgentCli(options: MiniOptions = {}, env: Environment = process.env): Agent {
  const { retries = 8, effort, temperature, topP } = options;
  const tuning = Object.entries({ reasoning_effort: effort, temperature, top_p: topP });
  const tuningValues = Object.fromEntries(tuning.filter(([, value]) => value !== undefined));
  return createPythonAgent(
    {
      name: 'mini_swe_agent_cli',
      title: 'mini-SWE-agent',
      python: miniPython,
      program: miniProgram,
      env: {
        LITELLM_LOCAL_MODEL_COST_MAP: 'True',
        MSWEA_CONFIGURED: 'true',
        MSWEA_COST_TRACKING: 'ignore_errors',
        MSWEA_GLOBAL_CONFIG_DIR: '/tmp/mini-swe-agent',
        MSWEA_MODEL_RETRY_STOP_AFTER_ATTEMPT: String(retries + 1),
        MSWEA_SILENT_STARTUP: '1',
      },
      submitted: /^Submitted$/,
      settings(task, context, sandbox) {
        const { model, ...access } = buildLitellmModel(sandbox);
        return {
          task,
          model,
          instructions: seatInstructions(context),
          // mini-SWE-agent repeats requests, so LiteLLM does not.
          model_kwargs: { ...access, ...tuningValues, max_retries: 0 },
        };
      },
    },
    options,
    env,
  );
}
