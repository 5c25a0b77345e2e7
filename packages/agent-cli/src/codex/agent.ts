import {
  type Framework,
  frameworkAgent,
  JsonRpcClient,
  message,
  pushNotes,
  type RpcNotification,
  readAgentConfig,
  type SandboxWork,
  seatInstructions,
} from '@cooperbench/agent-kit';
import type { Environment } from '@cooperbench/agent-kit/providers';
import { type Agent, type AgentContext, getMessage, mustRun } from '@cooperbench/core';
import type { AgentOptions } from '../options.ts';
import { messagesOf } from './items.ts';

/** Codex, through its app-server. A conversation is a thread. The task and each note of a peer start a turn or join one. */
export function codex(options: AgentOptions = {}, env: Environment = process.env): Agent {
  return frameworkAgent(
    {
      name: 'codex',
      protocols: ['openai', 'openai-compatible'],
      speaks: "OpenAI's responses API",
      hint: 'Use a model of OpenAI, or a server that has /v1/responses: hosted_vllm/MODEL.',
      // Codex repeats a 503 but not a 429.
      rateLimitStatus: 503,
      checkConfig: readToml,
      work: (task, context, sandbox) => work(task, context, sandbox, options),
    },
    options,
    env,
  );
}

type Json = RpcNotification['params'];

const tokenVariable = 'COOPERBENCH_MODEL_TOKEN';

/** Reads the file of `--agent-config`: a `config.toml`, which Codex itself checks. */
const readToml = (path: string): Promise<string> =>
  readAgentConfig(path, (text) => text, "Name a file in the form of Codex's config.toml.");

/** Writes the user's `config.toml` into a folder that becomes `CODEX_HOME`. Codex does not accept one in /tmp. */
async function prepareCodexHome({ configFile, workspace, signal }: AgentContext): Promise<object> {
  if (configFile === undefined) return {};
  const make = 'mktemp -d "${HOME:-/root}/.cooperbench-codex-XXXXXX"';
  const folder = (await mustRun(workspace, ['sh', '-c', make], { cwd: '/', signal })).toString().trim();
  await workspace.writeFile(`${folder}/config.toml`, await readToml(configFile), { signal });
  return { CODEX_HOME: folder };
}

async function work(
  task: string,
  context: AgentContext,
  { start, modelUrl, gateway, plan }: SandboxWork,
  { command = 'codex', retries = 8, providerFeatures = [], effort, contextWindow }: AgentOptions,
): Promise<void> {
  const settings = Object.entries({
    ...buildConfiguration(plan.model.name, modelUrl, retries),
    ...(effort !== undefined && { model_reasoning_effort: effort }),
    ...(contextWindow !== undefined && { model_context_window: contextWindow }),
    ...buildMcpSettings(context),
    web_search: providerFeatures.includes('web_search') ? 'live' : 'disabled',
  });
  const program = await start(
    [command, 'app-server', ...settings.flatMap(([key, value]) => ['-c', `${key}=${JSON.stringify(value)}`])],
    { env: { [tokenVariable]: gateway.token, ...(await prepareCodexHome(context)) } },
  );
  const server = new JsonRpcClient(program, 'Codex', { hasVersion: false });
  const turns = new Map<string, PromiseWithResolvers<Json>>();
  const turnOf = (id: string): PromiseWithResolvers<Json> => {
    const turn = turns.get(id) ?? Promise.withResolvers<Json>();
    turns.set(id, turn);
    return turn;
  };
  let thread: string | undefined;
  const eventLoop = server.read(context, (notification) => {
    for (const message of messagesOf(notification, thread)) context.record({ type: 'message', message });
    const { method, params } = notification;
    if (method === 'turn/completed') turnOf(params.turn.id).resolve(params.turn);
    const warning = method === 'error' ? params.error.message : method === 'warning' && params.message;
    if (warning) context.record({ type: 'log', text: `Codex: ${warning}` });
  });
  const serverEnd = eventLoop.then(() => 'Codex ended before its work did.');
  const onThread = (id: string): void => {
    thread = id;
  };
  const conversing = converse(task, context, { program, server, turnOf, onThread, ended: serverEnd });
  const failure = await Promise.race([conversing.catch(getMessage), serverEnd]);
  await program.endInput();
  await eventLoop;
  await program.waitForEnd(failure && `Codex failed: ${failure}`);
}

/** Settings that Codex otherwise reads from `config.toml`. */
function buildConfiguration(
  model: string,
  modelUrl: string,
  retries: number,
): Readonly<Record<string, unknown>> {
  const provider = 'model_providers.cooperbench';
  return {
    model,
    model_provider: 'cooperbench',
    [`${provider}.name`]: 'cooperbench',
    [`${provider}.base_url`]: `${modelUrl}/v1`,
    [`${provider}.wire_api`]: 'responses',
    [`${provider}.env_key`]: tokenVariable,
    [`${provider}.supports_websockets`]: false,
    [`${provider}.request_max_retries`]: retries,
    [`${provider}.stream_max_retries`]: 1,
    approval_policy: 'never',
    sandbox_mode: 'danger-full-access',
    // A login shell replaces the PATH of the image.
    allow_login_shell: false,
    // Features that contact other hosts.
    check_for_update_on_startup: false,
    'analytics.enabled': false,
    'features.plugins': false,
  };
}

/** How long a tool of a channel may take: those that wait for a message take minutes. By default, Codex gives it one. */
const mcpToolSeconds = 660;

function buildMcpSettings({ mcpServers = [] }: AgentContext): Readonly<Record<string, unknown>> {
  const servers = mcpServers.map(({ name, command }) => ({
    [`mcp_servers.${name}.command`]: command,
    [`mcp_servers.${name}.tool_timeout_sec`]: mcpToolSeconds,
  }));
  return Object.assign({}, ...servers);
}

interface RunningCodex {
  readonly program: Framework;
  readonly server: JsonRpcClient;
  turnOf(id: string): PromiseWithResolvers<Json>;
  /** Called with the id of the conversation. */
  onThread(id: string): void;
  /** Resolves with the reason when Codex has ended. */
  readonly ended: Promise<string>;
}

/** Resolves with undefined when Codex has finished, and with the reason when a turn failed or Codex has ended. */
async function converse(
  task: string,
  context: AgentContext,
  { program, server, turnOf, onThread, ended }: RunningCodex,
): Promise<string | undefined> {
  const { record } = context;
  const instructions = seatInstructions(context);
  await server.call('initialize', { clientInfo: { name: 'cooperbench', title: null, version: '1' } });
  await server.notify('initialized');
  const started = await server.call('thread/start', { developerInstructions: instructions, ephemeral: true });
  onThread(String(started.thread.id));
  let last = '';
  const sendText = async (text: string): Promise<boolean> => {
    const input = [{ type: 'text', text, text_elements: [] }];
    // While a turn works, this joins it, and the answer names that turn.
    const { turn } = await server.call('turn/start', { threadId: started.thread.id, input });
    last = turn.id;
    return true;
  };
  record({ type: 'message', message: message('system', instructions) });
  record({ type: 'message', message: message('user', task) });
  await sendText(task);
  using push = pushNotes(context, program, sendText);
  for (;;) {
    const waited = last;
    const turn = await Promise.race([turnOf(waited).promise, ended]);
    if (typeof turn === 'string') return turn;
    const { status, error } = turn;
    if (status !== 'completed') return String(error?.message ?? status);
    if (!(await push.settle()) && last === waited) return undefined;
  }
}
