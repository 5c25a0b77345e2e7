import { frameworkAgent, message, pushNotes, type SandboxWork } from '@cooperbench/agent-kit';
import type { FrameworkOptions } from '@cooperbench/agent-kit/definition';
import type { Environment } from '@cooperbench/agent-kit/providers';
import type { Agent, AgentContext } from '@cooperbench/core';
import { protocols } from './litellm.ts';
import { readConfig } from './read-config.ts';
import { seatProgram } from './seat-program.ts';

/** A framework that is a Python library. */
export interface PythonFramework {
  /** The agent's name: `swe_agent`. */
  readonly name: string;
  /** The name that its users know: `SWE-agent`. */
  readonly title: string;
  /** The Python that has it, where a layer installed it. */
  readonly python: string;
  /** Python that runs after `seatProgram`. */
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  /** Returns the content of `seat` in the program, besides `config`, the file of `--agent-config`. */
  settings(task: string, context: AgentContext, sandbox: SandboxWork): object;
  /** The status with which it ends after a submission. */
  readonly submitted: RegExp;
}

type SeatEvent =
  | {
      readonly type: 'message';
      readonly role: 'system' | 'user' | 'assistant' | 'tool';
      readonly content: string;
      readonly calls: readonly { readonly id: string; readonly command: string }[];
      readonly reasoning?: string | null;
      /** Of a result: its call. */
      readonly call?: string | null;
      /** Of an answer: the provider's id. */
      readonly response?: string | null;
    }
  /** The program waits for another note, or for the end of its input. */
  | { readonly type: 'finished' }
  | { readonly type: 'ended'; readonly status: string };

/** Creates the agent of such a framework, which calls its model with LiteLLM and takes notes before each request. */
export function createPythonAgent(
  framework: PythonFramework,
  options: FrameworkOptions,
  env: Environment,
): Agent {
  return frameworkAgent(
    {
      name: framework.name,
      protocols,
      speaks: 'the APIs of OpenAI, Anthropic and Gemini',
      hint: 'Use gemini/MODEL with a Gemini API key, or another provider.',
      checkConfig: readConfig,
      work: (task, context, sandbox) => work(framework, options.command, task, context, sandbox),
    },
    options,
    env,
  );
}

async function work(
  framework: PythonFramework,
  command: string | undefined,
  task: string,
  context: AgentContext,
  sandbox: SandboxWork,
): Promise<void> {
  const { title, program, env } = framework;
  const config = await readConfig(context.configFile);
  // Isolated: the task's settings for its own Python do not apply.
  const argv = [command ?? framework.python, '-I', '-c', seatProgram + program];
  const python = await sandbox.start(argv, { env });
  await python.send(JSON.stringify({ ...framework.settings(task, context, sandbox), config }));
  using push = pushNotes(context, python, async (text) => {
    await python.send(JSON.stringify(text));
    return true;
  });
  let failure: string | undefined;
  await python.readEvents<SeatEvent>(context, async (event) => {
    if (event.type === 'message') {
      const { role, content, calls, reasoning, call, response } = event;
      const tool_calls = calls.map(({ id, command }) => ({ id, name: 'bash', arguments: { command } }));
      const extraFields = {
        tool_calls,
        reasoning_content: reasoning ?? undefined,
        tool_call_id: call ?? undefined,
      };
      const trajectoryMessage = message(role, content, {
        ...extraFields,
        response_id: response ?? undefined,
      });
      context.record({ type: 'message', message: trajectoryMessage });
    }
    if (event.type === 'ended' && !framework.submitted.test(event.status))
      failure = `${title} ended: ${event.status}`;
    if (event.type === 'finished' && !(await push.settle())) await python.endInput();
  });
  await python.waitForEnd(failure);
}
