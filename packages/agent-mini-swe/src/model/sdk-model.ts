import type { LanguageModelV4, LanguageModelV4GenerateResult } from '@ai-sdk/provider';
import type { ModelPlan, Price } from '@cooperbench/agent-kit/providers';
import { Deadline, type ModelUsage } from '@cooperbench/core';
import type { AgentConfig } from '../config/load.ts';
import { bashTool } from '../shell/bash-call.ts';
import type { ChatModel, Reply } from './chat-model.ts';
import { noChoices, openAiApi, openClient } from './client.ts';
import { explain } from './explain.ts';
import { ModelFailure } from './failure.ts';
import { toPrompt } from './prompt.ts';

/**
 * A planned model behind the AI SDK, with the bash tool unless `tools` says otherwise. It calls the provider's `doGenerate` without streaming, because `generateText` parses
 * tool calls, repeats calls and drops the provider's own usage fields.
 */
export async function openModel(
  plan: ModelPlan,
  config: AgentConfig['model'],
  seed: number | undefined,
  tools: readonly (typeof bashTool)[] = [bashTool],
): Promise<ChatModel> {
  const client = await openClient(plan, config.api);
  const settings = callSettings(plan, config, seed);
  return {
    id: plan.model.id,
    async complete(conversation, { signal }) {
      using deadline = new Deadline(config.timeout_seconds * 1000, signal);
      try {
        const result = await client.doGenerate({
          ...settings,
          prompt: toPrompt(conversation),
          ...(tools.length > 0 && {
            tools: tools.map((tool) => ({ type: 'function' as const, ...tool })),
            toolChoice: { type: 'auto' as const },
          }),
          abortSignal: deadline.signal,
        });
        if (result.finishReason.raw === noChoices)
          throw new ModelFailure('transient', 'the answer has no choices', {
            usage: toUsage(result.usage, plan.price),
          });
        return toReply(result, plan.price);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof ModelFailure) throw error;
        throw deadline.passed
          ? new ModelFailure('transient', `no answer within ${config.timeout_seconds} s`)
          : explain(error, plan);
      }
    },
  };
}

type CallSettings = Partial<Parameters<LanguageModelV4['doGenerate']>[0]>;

function callSettings(
  { model }: ModelPlan,
  config: AgentConfig['model'],
  seed: number | undefined,
): CallSettings {
  const { temperature, max_output_tokens, reasoning, provider_options } = config;
  // The Responses API would store conversations at OpenAI and refer to them, also to turns that compaction removed.
  const stores = model.row.protocol === 'openai' && openAiApi(model.name, config.api) === 'responses';
  // Neither the Responses API nor Claude takes a seed.
  const takesSeed = model.row.takesSeed && !stores && !model.name.startsWith('claude');
  const stateless = stores && { openai: { store: false, ...provider_options?.openai } };
  return {
    ...(temperature !== undefined && { temperature }),
    ...(max_output_tokens !== undefined && { maxOutputTokens: max_output_tokens }),
    ...(reasoning !== undefined && { reasoning }),
    ...(seed !== undefined && (config.seed ?? takesSeed) && { seed }),
    providerOptions: { ...provider_options, ...stateless } as never,
  };
}

function toReply(
  { content, usage, finishReason, warnings }: LanguageModelV4GenerateResult,
  price: Price | undefined,
): Reply {
  return {
    text: content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n'),
    toolCalls: content.flatMap((part) =>
      part.type === 'tool-call'
        ? [{ id: part.toolCallId, name: part.toolName, arguments: part.input ?? '' }]
        : [],
    ),
    cutOff: finishReason.unified === 'length',
    usage: toUsage(usage, price),
    warnings: warnings.map((warning) => JSON.stringify(warning)),
    native: content,
  };
}

function toUsage(
  { inputTokens, outputTokens, raw }: LanguageModelV4GenerateResult['usage'],
  price: Price | undefined,
): ModelUsage {
  // DeepSeek and OpenRouter report these where the OpenAI-compatible client does not look.
  const details = raw?.prompt_tokens_details as { cache_write_tokens?: unknown } | null | undefined;
  const tokens = {
    inputTokens: inputTokens.total ?? 0,
    outputTokens: outputTokens.total ?? 0,
    cacheReadTokens: inputTokens.cacheRead || count(raw?.prompt_cache_hit_tokens),
    cacheWriteTokens: inputTokens.cacheWrite ?? count(details?.cache_write_tokens),
  };
  // Without reported tokens the cost is not known.
  const reported = inputTokens.total !== undefined || outputTokens.total !== undefined;
  return price !== undefined && reported ? { ...tokens, costUsd: price(tokens) } : tokens;
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
