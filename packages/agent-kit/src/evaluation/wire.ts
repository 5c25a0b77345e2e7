import { type Format, formats, type Json } from '../gateway/formats.ts';
import { buildSmallestCall, nameOf } from '../gateway/probe.ts';
import type { ModelPlan } from '../providers/plan.ts';

/** A question to a model, without tools. */
export interface Question {
  /** What the model is asked to be and do. */
  readonly system?: string | undefined;
  readonly text: string;
  /** Maximum tokens of the answer, with those of reasoning. Default: 4096. */
  readonly maxTokens?: number | undefined;
}

/** A question in the words of a provider's API. */
export interface QuestionCall {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Json;
  /** Returns the text of an answer. Returns undefined if it has none. */
  answer(message: Json): string | undefined;
}

/** Writes a question in the format of the model's provider. */
export function buildQuestionCall(
  plan: ModelPlan,
  { system, text, maxTokens = 4096 }: Question,
): QuestionCall {
  const { protocol } = plan.model.row;
  const name = protocol === 'anthropic' || protocol === 'gemini' ? protocol : 'chat';
  const { path, headers } = buildSmallestCall(formats.find((format) => format.name === name) as Format, plan);
  const model = nameOf(plan);
  const user = { role: 'user', content: text };
  switch (name) {
    case 'anthropic':
      return {
        ...{ path, headers },
        body: { model, max_tokens: maxTokens, messages: [user], ...(system !== undefined && { system }) },
        answer: ({ content }) => findText(content),
      };
    case 'gemini':
      return {
        ...{ path, headers },
        body: {
          contents: [{ role: 'user', parts: [{ text }] }],
          ...(system !== undefined && { systemInstruction: { parts: [{ text: system }] } }),
          generationConfig: { maxOutputTokens: maxTokens },
        },
        answer: ({ candidates }) => findText(candidates?.[0]?.content?.parts),
      };
    case 'chat': {
      const systemMessages = system === undefined ? [] : [{ role: 'system', content: system }];
      // OpenAI's models that reason refuse the older name, and other servers know no other.
      const limit = protocol === 'openai' ? 'max_completion_tokens' : 'max_tokens';
      return {
        ...{ path, headers },
        body: { model, [limit]: maxTokens, messages: [...systemMessages, user] },
        answer: ({ choices }) => choices?.[0]?.message?.content ?? undefined,
      };
    }
  }
}

function findText(parts: Json): string | undefined {
  const texts = [parts ?? []].flat().map((part: Json) => part?.text);
  const joinedText = texts.filter((text: unknown) => typeof text === 'string').join('');
  return joinedText === '' ? undefined : joinedText;
}
