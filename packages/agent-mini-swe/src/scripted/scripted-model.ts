import type { ChatModel, Reply, ToolCall } from '../model/chat-model.ts';
import { bashTool } from '../shell/bash-call.ts';
import { submitCommand } from '../shell/submission.ts';
import { formatScriptNotice } from './load.ts';
import type { Script, ScriptTurn } from './schema.ts';

/** Replays turns and then submits. The cost is 0 unless a turn states one. */
export function scriptedModel(
  model: string,
  script: Script,
  sleep: (ms: number, signal: AbortSignal) => Promise<void>,
): ChatModel {
  let next = 0;
  return {
    id: model,
    disclaimer: formatScriptNotice(model),
    async complete(_conversation, { signal }) {
      signal.throwIfAborted();
      const turn = script.turns[next] ?? { submit: true };
      next += 1;
      if (turn.wait_ms !== undefined) await sleep(turn.wait_ms, signal);
      return toReply(turn, next);
    },
  };
}

function toReply(turn: ScriptTurn, number: number): Reply {
  const commands = [turn.run ?? [], turn.submit ? submitCommand : []].flat();
  const calls = [
    ...(turn.tool ? [turn.tool] : []),
    ...commands.map((command) => ({ name: bashTool.name, arguments: JSON.stringify({ command }) })),
  ];
  return {
    text: turn.say ?? '',
    toolCalls: calls.map((call, index): ToolCall => ({ ...call, id: `scripted-${number}-${index + 1}` })),
    cutOff: false,
    usage: {
      costUsd: turn.usage?.cost ?? 0,
      inputTokens: turn.usage?.input_tokens ?? 0,
      outputTokens: turn.usage?.output_tokens ?? 0,
      cacheReadTokens: turn.usage?.cache_read_tokens ?? 0,
      cacheWriteTokens: turn.usage?.cache_write_tokens ?? 0,
    },
  };
}
