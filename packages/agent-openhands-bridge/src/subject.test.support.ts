import type { FrameworkOptions } from '@cooperbench/agent-kit/definition';
import type { Sandbox } from '@cooperbench/core';
import type { AgentSubject } from '@cooperbench/testing';
import { frameworkSubject, type PairMember, type ProviderAnswer } from '@cooperbench/testing/frameworks';
import { openHands } from './openhands.ts';

export const terminal = (command: string): ProviderAnswer => ({
  toolCalls: [{ name: 'terminal', arguments: { command } }],
});

export const openHandsMember: PairMember = { agent: 'openhands', model: 'gpt-4o', shell: terminal };

export function openHandsSubject(
  options: FrameworkOptions,
  workspace?: () => Promise<Sandbox>,
): AgentSubject {
  return frameworkSubject({
    agent: (env) => openHands({ retries: 2, ...options }, env),
    model: openHandsMember.model,
    shell: terminal,
    // The parent of the shell is the server.
    crash: terminal('kill -9 $PPID'),
    ...(workspace && { workspace }),
  });
}
