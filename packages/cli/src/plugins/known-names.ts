import type { PackageOf } from '@cooperbench/core/host';

/** The agent and the backend when the user names none, as in the Python original. */
export const defaultNames = { agents: 'mini_swe_agent', backends: 'modal' } as const;

/** Packages of well-known names, for hints. Some of these packages are not bundled. */
const packages: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  backends: {
    local: '@cooperbench/backend-local',
    docker: '@cooperbench/backend-docker',
    modal: '@cooperbench/backend-modal',
    gcp: '@cooperbench/backend-gcp',
  },
  agents: {
    mini_swe_agent: '@cooperbench/agent-mini-swe',
    mini_swe_agent_v2: '@cooperbench/agent-mini-swe',
    claude_code: '@cooperbench/agent-cli',
    codex: '@cooperbench/agent-cli',
    cli: '@cooperbench/agent-cli',
    openhands: '@cooperbench/agent-openhands-bridge',
    openhands_sdk: '@cooperbench/agent-openhands-bridge',
    mini_swe_agent_cli: '@cooperbench/agent-swe-agent',
    swe_agent: '@cooperbench/agent-swe-agent',
  },
  buses: { redis: '@cooperbench/bus-redis' },
};

/** The beginning of the hint about a package that is not installed. */
export const installIt = 'Install it: cooperbench plugins install ';

const packageOf: PackageOf = (kind, name) => {
  const known = packages[kind]?.[name];
  return known === undefined ? undefined : { name: known, install: `${installIt}${known}.` };
};

/** The knowledge about names that core lacks: packages that provide them, and defaults. */
export const knownNames = { packageOf, defaults: defaultNames };
