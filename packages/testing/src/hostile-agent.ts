import { setImmediate as turn } from 'node:timers/promises';
import type { Agent, AgentContext } from '@cooperbench/core';
import { runCommand } from '@cooperbench/core';

/** Prints to the command's output as fast as it can, for `$1` seconds. */
const flood = 'timeout "$1" yes "$(printf %02000d 0)" 2> /dev/null || :';
/** Calls a command of a channel as fast as it can, for `$1` seconds, and starts each call before the last has ended. */
const callAll =
  'end=$(($(date +%s) + $1)); while [ "$(date +%s)" -lt "$end" ]; do printf %0200000d 0 | send_message all > /dev/null 2>&1 & done; wait';

/** Leaves a change whose patch has a little more than `$1` MiB. */
const leaveChange = 'yes "$(printf %01000d 0)" | head -c "$1"M > large.txt';

/**
 * Creates an agent that makes output, events and messages for so many seconds as fast as it can, and a patch of so many MiB.
 * 0: none.
 */
export function createHostileAgent(seconds: number, patchMiB = 0): Agent {
  return {
    async run(_task, context) {
      const { record, seat } = context;
      const tokens = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
      record({ type: 'usage', usage: { costUsd: 0.01, ...tokens } });
      if (patchMiB > 0)
        await runCommand(context.workspace, ['sh', '-c', leaveChange, 'sh', String(patchMiB)]);
      if (seconds === 0) return { status: 'Completed' };
      const work = seat === 'agent1' ? [output, messages] : [output, events];
      await Promise.all(work.map((workOf) => workOf(context, seconds)));
      return { status: 'Completed' };
    },
  };
}

async function output({ workspace, signal }: AgentContext, seconds: number): Promise<void> {
  await runCommand(workspace, ['sh', '-c', flood, 'sh', String(seconds)], { signal, maxBytes: 1024 * 1024 });
}

async function messages({ workspace, signal }: AgentContext, seconds: number): Promise<void> {
  await runCommand(workspace, ['sh', '-c', callAll, 'sh', String(seconds)], { signal });
}

async function events({ record, signal }: AgentContext, seconds: number): Promise<void> {
  const untilMs = Date.now() + seconds * 1000;
  const content = 'x'.repeat(10_000);
  while (Date.now() < untilMs && !signal.aborted) {
    record({ type: 'message', message: { role: 'assistant', content, timestamp: Date.now() / 1000 } });
    record({ type: 'log', text: content });
    await turn();
  }
}
