import { message, type RpcNotification } from '@cooperbench/agent-kit';
import type { TrajectoryMessage } from '@cooperbench/core';
import { splitShellWords } from './shell-words.ts';

type Json = RpcNotification['params'];

/** Items that are neither said by the model nor calls of a tool. */
const silentTypes = ['userMessage', 'hookPrompt', 'contextCompaction'];

/**
 * Returns the messages that a notification adds to the trajectory: thoughts, texts and tool calls of the model, and results of
 * its tools. A sub-agent has a thread of its own.
 */
export function* messagesOf(
  { method, params }: RpcNotification,
  thread: string | undefined,
): Generator<TrajectoryMessage> {
  const item = params?.item;
  if (typeof item?.type !== 'string' || silentTypes.includes(item.type)) return;
  const ofOther = thread !== undefined && typeof params.threadId === 'string' && params.threadId !== thread;
  const subagent = ofOther ? params.threadId : undefined;
  const isSpoken = item.type === 'agentMessage' || item.type === 'plan';
  const reasoning =
    item.type === 'reasoning' ? [item.summary ?? [], item.content ?? []].flat().join('\n\n') : '';
  if (method === 'item/completed' && isSpoken) yield message('assistant', String(item.text), { subagent });
  if (method === 'item/completed' && reasoning !== '')
    yield message('assistant', '', { reasoning_content: reasoning, subagent });
  if (isSpoken || item.type === 'reasoning') return;
  const id = String(item.id);
  if (method === 'item/started') {
    const tool_calls = [{ id, name: item.type, arguments: inputOf(item) }];
    yield message('assistant', '', { tool_calls, subagent });
  }
  if (method === 'item/completed') yield message('tool', getOutput(item), { tool_call_id: id, subagent });
}

function inputOf({ type, id: _, startedAtMs: __, completedAtMs: ___, ...rest }: Json): unknown {
  return type === 'commandExecution' ? { command: commandOf(rest.command), cwd: rest.cwd } : rest;
}

/** Returns the command as the model gave it. Codex quotes it for the shell that runs it: `/bin/bash -lc 'git status'`. */
function commandOf(command: unknown): unknown {
  const words = typeof command === 'string' ? splitShellWords(command) : undefined;
  const [, flag = '', script] = words ?? [];
  return words?.length === 3 && /^-l?c$/.test(flag) ? script : command;
}

function getOutput({ type, aggregatedOutput, exitCode, status, result, error }: Json): string {
  if (type !== 'commandExecution') return JSON.stringify({ status, result, error });
  const output = String(aggregatedOutput ?? '');
  return exitCode === 0 ? output : `${output}${status}, exit code ${exitCode ?? 'unknown'}\n`;
}
