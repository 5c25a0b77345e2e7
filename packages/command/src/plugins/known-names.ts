import { findPackageJSON } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FindPackage } from '@cooperbench/core/host';
import { cloneRoot, isUnreleased } from './clone.ts';

/** The agent when the user names none, and the backend that names of runs leave out, as in the Python original. */
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
    aider: '@cooperbench/agent-cli',
    mini: '@cooperbench/agent-cli',
    acp: '@cooperbench/agent-acp',
    gemini_cli: '@cooperbench/agent-acp',
    qwen_code: '@cooperbench/agent-acp',
    opencode: '@cooperbench/agent-acp',
    kimi: '@cooperbench/agent-acp',
    cline: '@cooperbench/agent-acp',
    copilot: '@cooperbench/agent-acp',
    openhands: '@cooperbench/agent-openhands-bridge',
    openhands_sdk: '@cooperbench/agent-openhands-bridge',
    mini_swe_agent_cli: '@cooperbench/agent-swe-agent',
    swe_agent: '@cooperbench/agent-swe-agent',
  },
  buses: { redis: '@cooperbench/bus-redis' },
  evaluators: { tests: '@cooperbench/evaluator-tests' },
  mergePolicies: {
    union: '@cooperbench/evaluator-tests',
    strict: '@cooperbench/evaluator-tests',
    lead: '@cooperbench/evaluator-tests',
  },
  settings: {
    plan_execute: '@cooperbench/settings',
    review: '@cooperbench/settings',
    relay: '@cooperbench/settings',
    team: '@cooperbench/settings',
  },
  channels: {
    tasks: '@cooperbench/settings',
    folder: '@cooperbench/settings',
    requests: '@cooperbench/settings',
  },
  networks: { registries: '@cooperbench/network-registries' },
};

/** The package of a well-known name, with a hint that leads to it. */
export const findPackageProviding: FindPackage = (kind, name) => {
  const packageName = packages[kind]?.[name];
  if (packageName === undefined) return undefined;
  if (!cloneRoot() && isInProject(packageName))
    return {
      name: packageName,
      install: `It is in node_modules. Add "${packageName}" to "plugins" in cooperbench.config.yaml.`,
    };
  return buildPackageWith(packageName);
};

/** Builds a package of ours that is not installed, with a hint that leads to it. */
export function buildPackageWith(name: string): ReturnType<FindPackage> & object {
  if (cloneRoot()) return { name, install: 'It is a package of this clone. Build it: npx -y pnpm@12 build.' };
  if (isUnreleased()) return { name, install: 'It is not on npm yet. A clone of CooperBench has it.' };
  return { name, install: `Install it: cooperbench plugins install ${name}.` };
}

function isInProject(name: string): boolean {
  try {
    return findPackageJSON(name, pathToFileURL(resolve('cooperbench.config.yaml'))) !== undefined;
  } catch {
    return false;
  }
}

/** The knowledge about names that core lacks: packages that provide them, and defaults. */
export const knownNames = { packageProviding: findPackageProviding, defaults: defaultNames };
