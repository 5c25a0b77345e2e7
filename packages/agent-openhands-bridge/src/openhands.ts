import { randomBytes, randomInt } from 'node:crypto';
import {
  type Framework,
  failedWork,
  frameworkAgent,
  message,
  pushNotes,
  type SandboxWork,
  seatInstructions,
} from '@cooperbench/agent-kit';
import type { Environment } from '@cooperbench/agent-kit/providers';
import { type Agent, type AgentContext, AgentError, getMessage } from '@cooperbench/core';
import { AgentServer } from './agent-server.ts';
import { Conversation } from './conversation.ts';
import type { OpenHandsOptions } from './options.ts';
import { buildConversationRequest, protocols, readSettings } from './request.ts';

/** Returns the OpenHands agent-server in the sandbox of the seat, with one conversation. */
export function openHands(
  options: OpenHandsOptions = {},
  env: Environment = process.env,
  name: string = 'openhands',
): Agent {
  return frameworkAgent(
    {
      name,
      protocols,
      speaks: 'the APIs of OpenAI, Anthropic and Gemini',
      hint: 'Use another provider: gemini/MODEL instead of vertex_ai/MODEL.',
      checkConfig: readSettings,
      work: (task, context, sandbox) => work(task, context, sandbox, options),
    },
    options,
    env,
  );
}

async function work(
  task: string,
  context: AgentContext,
  sandbox: SandboxWork,
  { command = 'agent-server', retries = 4, ...tuning }: OpenHandsOptions,
): Promise<void> {
  const { tunnel, plan, modelUrl, gateway, signal, guard } = sandbox;
  // Seats may share a loopback interface.
  const port = 20_000 + randomInt(10_000);
  const key = randomBytes(16).toString('hex');
  const program = await startServer(sandbox, command, port, key);
  const programEnd = program.exitFailure().then((reason) => reason ?? `${command} ended`);
  await using server = new AgentServer({ tunnel, port, key, signal, guard });
  const instructions = seatInstructions(context);
  const { repoDir } = context.workspace;
  const { token } = gateway;
  const conversation = new Conversation(server, context);
  const { id } = conversation;
  const settings = context.configFile === undefined ? {} : await readSettings(context.configFile);
  const model = { plan, modelUrl, token, retries, tuning, settings };
  const { mcpServers = [] } = context;
  const request = buildConversationRequest({ id, repoDir, instructions, mcpServers, ...model });
  const beginFailure = await findFailure(conversation.begin(request, task), programEnd);
  if (beginFailure !== undefined) throw failedWork(`The server did not take the task: ${beginFailure}`);
  context.record({ type: 'message', message: message('system', instructions) });
  context.record({ type: 'message', message: message('user', task) });
  using push = pushNotes(context, program, (text) => conversation.say(text));
  const failure = await Promise.race([conversation.follow(push), programEnd]);
  if (failure !== undefined) throw failedWork(failure);
}

async function startServer(
  { start }: SandboxWork,
  command: string,
  port: number,
  key: string,
): Promise<Framework> {
  // The server's files must not be in the repository.
  const folder = `/tmp/openhands-${port}`;
  const program = await start([command, '--host', '127.0.0.1', '--port', String(port)], {
    cwd: '/tmp',
    env: {
      OH_SESSION_API_KEYS_0: key,
      OH_CONVERSATIONS_PATH: `${folder}/conversations`,
      OH_BASH_EVENTS_DIR: `${folder}/bash-events`,
      OH_WORKSPACE_PATH: `${folder}/workspace`,
      OH_ENABLE_VSCODE: 'false',
      OH_ENABLE_BROWSER: 'false',
      OH_PRELOAD_TOOLS: 'false',
      OPENHANDS_SUPPRESS_BANNER: '1',
      LOG_LEVEL: 'WARNING',
      // Otherwise the server asks other hosts for prices, and sends telemetry.
      LITELLM_LOCAL_MODEL_COST_MAP: 'True',
      ANONYMIZED_TELEMETRY: 'false',
    },
  });
  void discard(program.lines);
  return program;
}

/** Reads the server's output and drops it: a server whose output is not read blocks. */
async function discard(lines: AsyncIterable<string>): Promise<void> {
  try {
    for await (const _ of lines);
  } catch {
    // The sandbox is lost. `ended` reports it.
  }
}

/** Resolves with the reason when the server ends or refuses before the conversation has begun. */
async function findFailure(start: Promise<void>, programEnd: Promise<string>): Promise<string | undefined> {
  return await Promise.race([start.then(() => undefined), programEnd]).catch((error: unknown) => {
    if (AgentError.is(error)) throw error;
    return getMessage(error);
  });
}
