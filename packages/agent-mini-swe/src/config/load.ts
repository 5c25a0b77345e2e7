import { ConfigError, listValidationMessages } from '@cooperbench/core';
import { listPlaceholderFaults } from '../prompts/placeholders.ts';
import { readYaml } from './read-yaml.ts';
import { type AgentConfigFile, agentConfigSchema, defaults } from './schema.ts';

/** An agent configuration with its defaults filled in. */
export type AgentConfig = ReturnType<typeof withDefaults>;

/** @throws ConfigError `AGENT_CONFIG` with everything that is wrong with the file. */
export async function loadAgentConfig(path: string | undefined): Promise<AgentConfig> {
  return withDefaults(path === undefined ? {} : await readFile(path));
}

async function readFile(path: string): Promise<AgentConfigFile> {
  const value = await readYaml(path, 'AGENT_CONFIG', 'agent configuration');
  const misfits = listValidationMessages(agentConfigSchema, value);
  const file = value as AgentConfigFile;
  const problems = misfits.length > 0 ? misfits : listPlaceholderFaults(file.prompts ?? {});
  if (problems.length === 0) return file;
  throw new ConfigError(
    'AGENT_CONFIG',
    `The agent configuration ${path} is not valid:\n  ${problems.join('\n  ')}`,
    { hint: 'docs/reference/agent-config.md lists its keys.' },
  );
}

function withDefaults(file: AgentConfigFile) {
  return {
    prompts: { ...defaults.prompts, ...file.prompts },
    limits: { maxSteps: file.limits?.steps, maxCostUsd: file.limits?.cost_usd },
    command: { ...defaults.command, ...file.command },
    compaction: { ...defaults.compaction, ...file.compaction },
    model: { ...defaults.model, ...file.model },
    price: file.price,
    retries: { ...defaults.retries, ...file.retries },
    environment: { ...defaults.environment, ...file.environment },
  };
}
