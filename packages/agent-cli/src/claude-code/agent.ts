import {
  frameworkAgent,
  message,
  parseSettings,
  pushNotes,
  readAgentConfig,
  type SandboxWork,
  seatInstructions,
} from '@cooperbench/agent-kit';
import type { Environment } from '@cooperbench/agent-kit/providers';
import type { Agent, AgentContext } from '@cooperbench/core';
import type { AgentOptions } from '../options.ts';
import { type ClaudeEvent, messagesOf } from './events.ts';

/** Claude Code. It reads its task and the notes of peers as JSON lines, and reports what it does as JSON lines. */
export function createClaudeCode(options: AgentOptions = {}, env: Environment = process.env): Agent {
  return frameworkAgent(
    {
      name: 'claude_code',
      protocols: ['anthropic', 'openai-compatible'],
      speaks: 'the API of Anthropic',
      hint: 'Use a model of Anthropic, or a proxy that serves /v1/messages: litellm_proxy/MODEL.',
      checkConfig: readSettings,
      work: (task, context, sandbox) => work(task, context, sandbox, options),
    },
    options,
    env,
  );
}

/** Tools that reach the network, with the feature of the provider that opens them. */
const webTools = { WebSearch: 'web_search', WebFetch: 'web_fetch' } as const;

/** Reads the file of `--agent-config`: Claude Code's own settings, such as `settings.json`. */
function readSettings(path: string): Promise<object> {
  const fixed = [
    'model',
    'apiKeyHelper',
    ...['BASE_URL', 'API_KEY', 'AUTH_TOKEN'].map((name) => `env.ANTHROPIC_${name}`),
  ];
  const expected = "Name a JSON file with Claude Code's settings, and choose the model with --model.";
  return readAgentConfig(path, (text) => parseSettings(text, fixed), expected);
}

/** Lists the servers of the channels. Without `alwaysLoad`, the model has to search for their tools before it can use one. */
function listMcpConfig({ mcpServers = [] }: AgentContext): string[] {
  const servers = mcpServers.map(({ name, command }) => [
    name,
    { type: 'stdio', command, args: [], alwaysLoad: true },
  ]);
  if (servers.length === 0) return [];
  return ['--mcp-config', JSON.stringify({ mcpServers: Object.fromEntries(servers) })];
}

async function work(
  task: string,
  context: AgentContext,
  { start, modelUrl, gateway, plan }: SandboxWork,
  { command = 'claude', retries = 8, providerFeatures = [], effort, contextWindow }: AgentOptions,
): Promise<void> {
  const { record, configFile } = context;
  const settings = configFile === undefined ? undefined : JSON.stringify(await readSettings(configFile));
  const disallowed = Object.entries(webTools).flatMap(([tool, feature]) =>
    providerFeatures.includes(feature) ? [] : [tool],
  );
  const instructions = seatInstructions(context);
  const claude = await start(
    [
      ...[command, '-p', '--model', plan.model.name, '--append-system-prompt', instructions],
      ...['--input-format', 'stream-json', '--output-format', 'stream-json', '--verbose'],
      '--dangerously-skip-permissions',
      ...(settings === undefined ? [] : ['--settings', settings]),
      ...listMcpConfig(context),
      ...(effort === undefined ? [] : ['--effort', effort]),
      ...(disallowed.length > 0 ? ['--disallowedTools', disallowed.join(',')] : []),
    ],
    {
      env: {
        ANTHROPIC_BASE_URL: modelUrl,
        ANTHROPIC_API_KEY: gateway.token,
        CLAUDE_CODE_MAX_RETRIES: String(retries),
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        DISABLE_AUTOUPDATER: '1',
        ...(contextWindow !== undefined && { CLAUDE_CODE_AUTO_COMPACT_WINDOW: String(contextWindow) }),
        // Without it, root may not skip permissions.
        IS_SANDBOX: '1',
        // At its end, it waits this long for commands in the background. By default it waits 10 minutes.
        CLAUDE_CODE_PRINT_BG_WAIT_CEILING_MS: '5000',
      },
    },
  );
  const sendText = async (text: string): Promise<boolean> => {
    const line = { type: 'user', message: { role: 'user', content: [{ type: 'text', text }] } };
    await claude.send(JSON.stringify(line));
    return true;
  };
  using push = pushNotes(context, claude, sendText);
  record({ type: 'message', message: message('system', instructions) });
  record({ type: 'message', message: message('user', task) });
  await sendText(task);
  let failure: string | undefined;
  await claude.readEvents<ClaudeEvent>(context, async (event) => {
    for (const message of messagesOf(event)) record({ type: 'message', message });
    if (event.type !== 'result') return;
    failure = event.is_error ? `Claude Code failed: ${event.result ?? event.subtype}` : undefined;
    if (failure !== undefined || !(await push.settle())) await claude.endInput();
  });
  await claude.waitForEnd(failure);
}
