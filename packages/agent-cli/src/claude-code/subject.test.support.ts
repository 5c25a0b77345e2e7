import type { FrameworkOptions } from '@cooperbench/agent-kit/definition';
import type { Sandbox } from '@cooperbench/core';
import type { AgentSubject } from '@cooperbench/testing';
import { frameworkSubject, type PairMember, type ProviderAnswer } from '@cooperbench/testing/frameworks';
import { createClaudeCode } from './agent.ts';

export const bash = (command: string): ProviderAnswer => ({
  toolCalls: [{ name: 'Bash', arguments: { command, description: 'Do what the test says' } }],
});

export const claudeCodeMember: PairMember = { agent: 'claude_code', model: 'claude-sonnet-4-5', shell: bash };

export function claudeCodeSubject(
  options: FrameworkOptions,
  workspace?: () => Promise<Sandbox>,
): AgentSubject {
  return frameworkSubject({
    agent: (env) => createClaudeCode({ retries: 2, ...options }, env),
    model: claudeCodeMember.model,
    // Claude Code refuses a command that begins with a long sleep.
    shell: (command) => bash(`true; ${command}`),
    // The parent of the shell is Claude Code.
    crash: bash('kill -9 $PPID'),
    ...(workspace && { workspace }),
  });
}
