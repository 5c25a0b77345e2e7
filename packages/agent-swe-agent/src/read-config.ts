import { readAgentConfig } from '@cooperbench/agent-kit';
import { parse } from 'yaml';

/**
 * Reads the user's configuration of a framework, which the framework itself checks. Returns an empty object without a file.
 * @throws ConfigError `AGENT_CONFIG` when it is not a YAML file with keys.
 */
export async function readConfig(path: string | undefined): Promise<object> {
  if (path === undefined) return {};
  const parseYaml = (text: string): object => {
    const config: unknown = parse(text) ?? {};
    if (typeof config !== 'object' || config === null || Array.isArray(config))
      throw new TypeError('it has no keys');
    return config;
  };
  return readAgentConfig(path, parseYaml, "Name a YAML file in the framework's own format.");
}
