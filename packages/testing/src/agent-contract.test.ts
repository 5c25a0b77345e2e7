import type { Agent, AgentContext, AgentResult } from '@cooperbench/core';
import { runCommand } from '@cooperbench/core';
import { describe, expect, test } from 'vitest';
import { type AgentSubject, agentContract } from './agent-contract.ts';

type Step = (command: string, context: AgentContext) => Promise<void>;

const runScript = ({ record }: AgentContext, content: string): void =>
  record({ type: 'message', message: { role: 'user', content, timestamp: 1 } });

const step: Step = async (command, context) => {
  const { workspace, inbox, signal, record } = context;
  for (const note of (await inbox?.take()) ?? []) runScript(context, note.text);
  record({ type: 'step' });
  runScript(context, command);
  await runCommand(workspace, ['sh', '-c', command], { signal });
};

/** Returns an agent that runs the commands of a case, with parts that a test replaces. */
function subject({
  limit = true,
  one = step,
  result = async (): Promise<AgentResult> => ({ status: 'Completed' }),
}: {
  limit?: boolean;
  one?: Step;
  result?: (context: AgentContext) => Promise<AgentResult>;
} = {}): AgentSubject {
  return {
    abilities: [],
    async open(turns) {
      const agent: Agent = {
        async run(_task, context) {
          for (const [steps, turn] of turns.entries()) {
            if (limit && steps === context.limits.maxSteps) return { status: 'LimitsExceeded' };
            if (typeof turn === 'object') await one(turn.run, context);
          }
          return result(context);
        },
      };
      return { agent };
    },
  };
}

const cases = agentContract.filter(({ needs }) => needs === undefined);
const named = (start: string) => cases.find(({ name }) => name.startsWith(start)) ?? expect.fail(start);

describe('an agent that keeps the contract passes', () => {
  test.for(cases)('$name', (agentCase) => agentCase.check(subject()));
});

test.for([
  [
    'it works',
    'records nothing',
    { one: async (_: string, { record }: AgentContext) => record({ type: 'step' }) },
  ],
  ['a limit of steps', 'ignores its limit', { limit: false }],
  [
    'a message reaches',
    'never looks into its inbox',
    { one: (command: string, context: AgentContext) => step(command, { ...context, inbox: undefined }) },
  ],
  [
    'a sandbox that is lost',
    'takes a lost sandbox for an ending',
    { one: (command: string, context: AgentContext) => step(command, context).catch(() => {}) },
  ],
  [
    'bytes of files',
    'trims its patch',
    {
      result: async ({ workspace }: AgentContext): Promise<AgentResult> => {
        const diff = 'git add -A && git diff --cached --binary && git reset -q';
        const { stdout } = await runCommand(workspace, ['sh', '-c', diff]);
        return { status: 'Completed', patch: Buffer.from(stdout.toString().trim()) };
      },
    },
  ],
] as const)('"%s" fails for an agent that %s', async ([name, , parts]) => {
  await expect(named(name).check(subject(parts))).rejects.toThrow();
});

test('a case says so when the agent ends before it has done its work', async () => {
  const crashing = subject({ one: () => Promise.reject(new Error('it crashed')) });
  await expect(named('an abort stops').check(crashing)).rejects.toThrow('it rejected with Error: it crashed');
});
