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
 * Returns a planned model behind the AI SDK, with the bash tool unless `tools` says otherwise. It calls the provider's
 * `doGenerate` without streaming, because `generateText` parses tool calls, repeats calls and drops the provider's own usage
 * fields.
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
        const prompt = toPrompt(conversation);
        const result = await client.doGenerate({
          ...settings,
          prompt,
          ...(tools.length > 0 && {
            tools: tools.map((tool) => ({ type: 'function' as const, ...tool })),
            toolChoice: { type: 'auto' as const },
          }),
          abortSignal: deadline.signal,
        });
        const usage = toUsage(result, prompt, plan.price);
        if (result.finishReason.raw === noChoices)
          throw new ModelFailure('transient', 'the answer has no choices', { usage });
        return toReply(result, usage);
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
  { content, finishReason, warnings }: LanguageModelV4GenerateResult,
  usage: ModelUsage,
): Reply {
  const getText = (kind: 'text' | 'reasoning'): string =>
    content.flatMap((part) => (part.type === kind && 'text' in part ? [part.text] : [])).join('\n');
  return {
    text: getText('text'),
    reasoning: getText('reasoning'),
    toolCalls: content.flatMap((part) =>
      part.type === 'tool-call'
        ? [{ id: part.toolCallId, name: part.toolName, arguments: part.input ?? '' }]
        : [],
    ),
    cutOff: finishReason.unified === 'length',
    usage,
    warnings: warnings.map((warning) => JSON.stringify(warning)),
    native: content,
  };
}

/** English and code have about four characters a token. Assumed of an answer whose tokens the provider does not state. */
const charactersPerToken = 4;

function toUsage(
  { content, usage }: LanguageModelV4GenerateResult,
  prompt: unknown,
  price: Price | undefined,
): ModelUsage {
  const { inputTokens, outputTokens, raw } = usage;
  // DeepSeek and OpenRouter report these where the OpenAI-compatible client does not look.
  const details = raw?.prompt_tokens_details as { cache_write_tokens?: unknown } | null | undefined;
  const statedUsage = {
    inputTokens: inputTokens.total,
    outputTokens: outputTokens.total,
    cacheReadTokens: inputTokens.cacheRead || count(raw?.prompt_cache_hit_tokens),
    cacheWriteTokens: inputTokens.cacheWrite ?? count(details?.cache_write_tokens),
  };
  const isStated = Object.values(statedUsage).every((value) => Number.isFinite(value) && Number(value) >= 0);
  const tokens = isStated
    ? (statedUsage as { [Key in keyof typeof statedUsage]: number })
    : {
        inputTokens: computeLengthInTokens(prompt),
        outputTokens: computeLengthInTokens(content),
        cacheReadTokens: 0,
        cacheWriteTokens: 0,
      };
  return {
    ...tokens,
    ...(price !== undefined && { costUsd: price(tokens) }),
    ...(!isStated && { estimated: true }),
  };
}

function computeLengthInTokens(value: unknown): number {
  return Math.ceil(JSON.stringify(value).length / charactersPerToken);
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
