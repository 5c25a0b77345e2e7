import type { FrameworkOptions } from '@cooperbench/agent-kit/definition';
import type { Sandbox } from '@cooperbench/core';
import type { AgentSubject } from '@cooperbench/testing';
import { frameworkSubject, type PairMember, type ProviderAnswer } from '@cooperbench/testing/frameworks';
import { codex } from './agent.ts';

export const shell = (cmd: string): ProviderAnswer => ({
  toolCalls: [{ name: 'exec_command', arguments: { cmd } }],
});

export const codexMember: PairMember = { agent: 'codex', model: 'gpt-5.5', shell };

export function codexSubject(options: FrameworkOptions, workspace?: () => Promise<Sandbox>): AgentSubject {
  return frameworkSubject({
    agent: (env) => codex({ retries: 2, ...options }, env),
    model: codexMember.model,
    shell,
    // The parent of the shell is Codex.
    crash: shell('kill -9 $PPID'),
    ...(workspace && { workspace }),
  });
}
