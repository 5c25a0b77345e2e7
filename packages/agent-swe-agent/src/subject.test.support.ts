import type { FrameworkOptions } from '@cooperbench/agent-kit/definition';
import type { Sandbox } from '@cooperbench/core';
import type { AgentSubject } from '@cooperbench/testing';
import { frameworkSubject, type PairMember, type ProviderAnswer } from '@cooperbench/testing/frameworks';
import { createMiniSweAgentCli } from './mini-swe-agent.ts';
import type { SweAgentOptions } from './options.ts';
import { createSweAgent } from './swe-agent.ts';

export const bash = (command: string): ProviderAnswer => ({
  toolCalls: [{ name: 'bash', arguments: { command } }],
});

// The parent of the shell is the framework.
const crash = bash('kill -9 $PPID');

export const miniMember: PairMember = {
  agent: 'mini_swe_agent_cli',
  model: 'gpt-4o',
  shell: bash,
  done: bash('echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT'),
};

export const sweMember: PairMember = {
  agent: 'swe_agent',
  model: 'gpt-4o',
  shell: bash,
  done: { toolCalls: [{ name: 'submit', arguments: {} }] },
};

type Workspace = () => Promise<Sandbox>;

export function miniSubject(options: FrameworkOptions, workspace?: Workspace): AgentSubject {
  return frameworkSubject({
    ...miniMember,
    agent: (env) => createMiniSweAgentCli({ retries: 2, ...options }, env),
    crash,
    ...(workspace && { workspace }),
  });
}

export function sweSubject(options: SweAgentOptions, workspace?: Workspace): AgentSubject {
  return frameworkSubject({
    ...sweMember,
    agent: (env) => createSweAgent({ retries: 2, ...options }, env),
    crash,
    ...(workspace && { workspace }),
  });
}
