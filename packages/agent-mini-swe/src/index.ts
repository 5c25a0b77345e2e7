import { createRequire } from 'node:module';
import { providers } from '@cooperbench/agent-kit/providers';
import {
  type AgentDefinition,
  type Cancellable,
  definePlugin,
  type ModelAccess,
  type PluginHook,
} from '@cooperbench/core';
import { isScripted } from './scripted/name.ts';
import type { TextModel } from './text-model.ts';

export type { TextModel, TextQuestion, TextReply } from './text-model.ts';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

const keys = [
  ...new Set(Object.values(providers).flatMap((provider) => provider.keys)),
  ...['GOOGLE_APPLICATION_CREDENTIALS', 'COOPERBENCH_API_KEY'],
];

const createAgent = (shortName: string): AgentDefinition => ({
  short: shortName,
  untrusted: (model) => !isScripted(model),
  keys,
  create: async () => (await import('./agent.ts')).createMiniSweAgent(),
});

const plugin: PluginHook = definePlugin({
  name: '@cooperbench/agent-mini-swe',
  version,
  apiVersion: 1,
  agents: { mini_swe_agent: createAgent('msa'), mini_swe_agent_v2: createAgent('msa2') },
});

export default plugin;

/**
 * Opens a model that answers questions and has no tools, with the client, the retries and the configuration of the agent.
 * `say` shows a line to the user. @throws ConfigError when the model cannot be used as it is configured.
 */
export async function openTextModel(
  access: ModelAccess & Cancellable,
  printLine: (line: string) => void,
): Promise<TextModel> {
  const { openText } = await import('./text-model.ts');
  return openText(access, printLine);
}
