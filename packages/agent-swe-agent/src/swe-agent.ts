import { seatInstructions } from '@cooperbench/agent-kit';
import type { Environment } from '@cooperbench/agent-kit/providers';
import type { Agent } from '@cooperbench/core';
import { swePython } from './layers.ts';
import { buildLitellmModel } from './litellm.ts';
import type { SweAgentOptions } from './options.ts';
import { createPythonAgent } from './python-agent.ts';
import { sweProgram } from './swe-program.ts';

/** SWE-agent, the program `sweagent run`, with its tools and a shell of the sandbox. */
export function createSweAgent(options: SweAgentOptions = {}, env: Environment = process.env): Agent {
  const { retries = 8, effort, contextWindow, temperature, topP } = options;
  return createPythonAgent(
    {
      name: 'swe_agent',
      title: 'SWE-agent',
      python: swePython,
      program: sweProgram,
      env: { LITELLM_LOCAL_MODEL_COST_MAP: 'True' },
      submitted: /^(submitted|exit_command)$/,
      settings(task, context, sandbox) {
        const { model, api_base, api_key } = buildLitellmModel(sandbox);
        const anthropic = sandbox.plan.model.row.protocol === 'anthropic';
        return {
          given: {
            agent: {
              model: {
                name: model,
                api_base,
                api_key,
                // Anthropic's newer models refuse it together with a temperature.
                ...(anthropic && { top_p: null }),
                ...(temperature !== undefined && { temperature }),
                ...(topP !== undefined && { top_p: topP }),
                ...(contextWindow !== undefined && { max_input_tokens: contextWindow }),
                // The gateway has the limits of the seat.
                per_instance_cost_limit: 0,
                total_cost_limit: 0,
                retry: { retries: retries + 1 },
                // SWE-agent repeats requests, so LiteLLM does not.
                completion_kwargs: {
                  ...{ max_retries: 0, drop_params: true },
                  ...(effort !== undefined && { reasoning_effort: effort }),
                },
              },
            },
            env: {
              deployment: { type: 'local' },
              // Without its own repository, SWE-agent neither fetches nor cleans.
              repo: null,
              post_startup_commands: [`cd '${context.workspace.repoDir}'`, 'export ROOT=$(pwd -P)'],
            },
            problem_statement: {
              type: 'text',
              id: 'task',
              text: task,
              extra_fields: { seat_instructions: seatInstructions(context) },
            },
          },
        };
      },
    },
    options,
    env,
  );
}
