import { type Agent, type AgentContext, runCommand } from '@cooperbench/core';
import type { Options } from './options.ts';

const notes = 'printf "%s\\n" "$TASK" > NOTES.md';

/** An agent that runs a few commands and finishes. Replace `for` with the loop of your framework. */
export function createAgent({ commands = [notes, 'git status --short'] }: Options): Agent {
  return {
    async run(task, context) {
      const { limits } = context;
      for (const [steps, command] of commands.entries()) {
        // The agent checks its step limit. `signal` bounds the time: it aborts, and running commands end.
        if (steps === limits.maxSteps) return { status: 'LimitsExceeded' };
        context.record({ type: 'step' });
        await step(command, task, context);
      }
      // CooperBench collects the changes in the work tree, because no patch is returned.
      return { status: 'Completed' };
    },
    // Runs before the first trial: throw a ConfigError for a model, a key or a configuration file that cannot be used.
    preflight: async () => [],
  };
}

/** Records become the trajectory and the log of the seat, even when the agent is stopped. */
async function step(command: string, task: string, context: AgentContext): Promise<void> {
  const { workspace, inbox, signal, record } = context;
  const say = (role: 'user' | 'assistant' | 'tool', content: string): void =>
    record({ type: 'message', message: { role, content, timestamp: Date.now() / 1000 } });
  for (const note of (await inbox?.take()) ?? []) say('user', note.text);
  say('assistant', command);
  const result = await runCommand(workspace, ['sh', '-c', command], { env: { TASK: task }, signal });
  say('tool', `${result.stdout}${result.stderr}`);
  record({ type: 'log', text: `${command} exited ${result.exitCode}` });
}
