import type { Sandbox } from '@cooperbench/core';
import type { AgentSubject } from '@cooperbench/testing';
import { frameworkSubject, type PairMember, type ProviderAnswer } from '@cooperbench/testing/frameworks';
import { createAcpAgent } from './agent.ts';
import type { AcpProgram } from './options.ts';

export const shell = (command: string): ProviderAnswer => ({
  toolCalls: [{ name: 'shell', arguments: { command } }],
});

export function acpSubject(
  program: AcpProgram,
  { agent, model, shell }: PairMember,
  workspace?: () => Promise<Sandbox>,
): AgentSubject {
  return frameworkSubject({
    agent: (env) => createAcpAgent(agent, program, { retries: 2 }, env),
    model,
    shell,
    // The parent of the shell is the program.
    crash: shell('kill -9 $PPID'),
    ...(workspace && { workspace }),
  });
}
