import type { ModelUsage } from '@cooperbench/core';
import type { ChatModel, Reply, Turn } from './model/chat-model.ts';

export interface FakeModel extends ChatModel {
  /** Returns the conversation of each call. */
  readonly seen: (readonly Turn[])[];
}

type Step = Partial<Reply> | Error | ((turns: readonly Turn[]) => Partial<Reply>);

/** Returns a model that gives these answers in order and repeats the last one. */
export function fakeModel(...steps: readonly Step[]): FakeModel {
  const records: (readonly Turn[])[] = [];
  return {
    id: 'fake',
    seen: records,
    async complete(conversation, { signal }) {
      signal.throwIfAborted();
      records.push(conversation);
      const step = steps[records.length - 1] ?? steps.at(-1) ?? {};
      if (step instanceof Error) throw step;
      const reply = typeof step === 'function' ? step(conversation) : step;
      return { text: '', toolCalls: [], cutOff: false, usage: used(), ...reply };
    },
  };
}

let calls = 0;

/** Returns an answer that runs these commands. */
export function runs(...commands: readonly string[]): Partial<Reply> {
  return called(...commands.map((command) => ['bash', JSON.stringify({ command })] as const));
}

/** Returns an answer with these tool calls, which may be malformed. */
export function called(...expected: readonly (readonly [name: string, args: string])[]): Partial<Reply> {
  return {
    toolCalls: expected.map(([name, args]) => {
      calls += 1;
      return { id: `call-${calls}`, name, arguments: args };
    }),
  };
}

export function used(usage: Partial<ModelUsage> = {}): ModelUsage {
  return { costUsd: 0, inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, ...usage };
}
