import { parseSettings, readAgentConfig } from '@cooperbench/agent-kit';
import type { TuningOptions } from '@cooperbench/agent-kit/definition';
import type { ModelPlan, Protocol } from '@cooperbench/agent-kit/providers';
import type { McpServer } from '@cooperbench/core';

/** The server's name for a kind of provider, and the path of its API below the address of the gateway. */
const routes: Partial<Record<Protocol, { readonly prefix: string; readonly path: string }>> = {
  openai: { prefix: 'openai', path: '/v1' },
  'openai-compatible': { prefix: 'openai', path: '/v1' },
  anthropic: { prefix: 'anthropic', path: '' },
  gemini: { prefix: 'gemini', path: '/v1beta' },
};

/** The kinds of providers that the server can call. */
export const protocols = Object.keys(routes) as readonly Protocol[];

/** The file of `--agent-config`: fields of OpenHands' model and agent, which the server checks. */
export interface OpenHandsSettings {
  readonly llm?: object;
  readonly agent?: object;
}

/** @throws ConfigError `AGENT_CONFIG`. */
export function readSettings(path: string): Promise<OpenHandsSettings> {
  const fixed = ['llm.model', 'llm.base_url', 'llm.api_key', 'llm.usage_id', 'agent.llm', 'agent.kind'];
  const parse = (text: string): OpenHandsSettings => {
    const settings = parseSettings(text, fixed);
    for (const [key, value] of Object.entries(settings)) {
      if (key !== 'llm' && key !== 'agent') throw new TypeError(`it has the unknown key "${key}"`);
      if (typeof value !== 'object' || value === null) throw new TypeError(`"${key}" is not an object`);
    }
    return settings;
  };
  const expected = 'Name a JSON file with "llm" and "agent", the fields of OpenHands\' LLM and Agent.';
  return readAgentConfig(path, parse, expected);
}

export interface ConversationOptions {
  readonly id: string;
  readonly plan: ModelPlan;
  /** The gateway's address in the sandbox, without a path, and its token. */
  readonly modelUrl: string;
  readonly token: string;
  readonly retries: number;
  readonly tuning: TuningOptions;
  readonly settings: OpenHandsSettings;
  readonly repoDir: string;
  readonly mcpServers: readonly McpServer[];
  /** Added to the system prompt. */
  readonly instructions: string;
}

/** Builds the body that creates a conversation with OpenHands' default agent. It never asks for confirmation. */
export function buildConversationRequest({
  id,
  repoDir,
  instructions,
  settings,
  mcpServers,
  ...model
}: ConversationOptions): object {
  const llm = { ...buildLlm(model), ...settings.llm };
  return {
    conversation_id: id,
    workspace: { kind: 'LocalWorkspace', working_dir: repoDir },
    confirmation_policy: { kind: 'NeverConfirm' },
    // The gateway ends a seat that has reached its limit.
    max_iterations: 1_000_000,
    // A title costs a model call.
    autotitle: false,
    agent: {
      kind: 'Agent',
      llm: { ...llm, usage_id: 'agent' },
      ...(mcpServers.length > 0 && { mcp_config: buildMcpConfig(mcpServers) }),
      tools: [{ name: 'terminal' }, { name: 'file_editor' }, { name: 'task_tracker' }],
      system_prompt_kwargs: { cli_mode: true },
      condenser: { kind: 'LLMSummarizingCondenser', llm: { ...llm, usage_id: 'condenser' } },
      agent_context: { system_message_suffix: instructions, load_project_skills: true },
      ...settings.agent,
    },
  };
}

function buildMcpConfig(servers: readonly McpServer[]): object {
  return Object.fromEntries(servers.map(({ name, command }) => [name, { command, args: [] }]));
}

function buildLlm({
  plan: { model },
  modelUrl,
  token,
  retries,
  tuning: { effort, contextWindow, temperature, topP },
}: Pick<ConversationOptions, 'plan' | 'modelUrl' | 'token' | 'retries' | 'tuning'>): object {
  const { protocol } = model.row;
  const name = model.name.replace(/^responses\//, '');
  const { prefix = '', path = '' } = routes[protocol] ?? {};
  return {
    model: `${prefix}/${name}`,
    base_url: modelUrl + path,
    api_key: token,
    // The server counts the first attempt.
    num_retries: retries + 1,
    // Servers other than OpenAI's may serve models under OpenAI's names without the Responses API.
    ...(protocol === 'openai-compatible' && { api_mode: 'chat' }),
    ...(name !== model.name && { api_mode: 'responses' }),
    ...(effort !== undefined && { reasoning_effort: effort }),
    ...(contextWindow !== undefined && { max_input_tokens: contextWindow }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
  };
}
