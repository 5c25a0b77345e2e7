import { type JsonSchema, type ModelPrice, objectSchema, option } from '@cooperbench/core';
import { defaultPrompts, type Prompts } from '../prompts/defaults.ts';

/** An `--agent-config` file. The schema below says what each key means. */
export interface AgentConfigFile {
  readonly prompts?: Partial<Prompts>;
  readonly limits?: { readonly steps?: number; readonly cost_usd?: number };
  readonly command?: { readonly timeout_seconds?: number; readonly output_bytes?: number };
  readonly compaction?: { readonly threshold_tokens?: number; readonly keep_turns?: number };
  readonly model?: ModelSection;
  readonly price?: ModelPrice;
  readonly retries?: RetriesSection;
  readonly environment?: Readonly<Record<string, string>>;
}

interface ModelSection {
  readonly temperature?: number;
  readonly seed?: boolean;
  readonly max_output_tokens?: number;
  readonly timeout_seconds?: number;
  readonly reasoning?: (typeof reasoning)[number];
  readonly api?: (typeof apis)[number];
  readonly provider_options?: Record<string, Record<string, unknown>>;
}

interface RetriesSection {
  readonly attempts?: number;
  readonly max_wait_seconds?: number;
  readonly max_retry_after_seconds?: number;
}

type Section<K extends keyof AgentConfigFile> = NonNullable<AgentConfigFile[K]>;

const reasoning = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
const apis = ['chat', 'responses'] as const;

const seconds = (description: string): JsonSchema => ({
  type: 'number',
  exclusiveMinimum: 0,
  maximum: 86_400,
  description,
});

/** docs/reference/agent-config.md is generated from this schema. */
export const agentConfigSchema: JsonSchema = objectSchema<AgentConfigFile>({
  prompts: objectSchema<Section<'prompts'>>(
    {
      system: option.text('The system prompt.'),
      task: option.text('The first user message. It must contain `{{task}}`.'),
      team: option.text('Replaces `{{team}}` when other agents work on the repository. Empty in solo.'),
      no_messages: option.text(
        'Replaces `{{no_messages}}` when no channel carries messages from the others.',
      ),
      channels: option.record(
        { type: 'string', minLength: 1 },
        'By channel, such as `messages` or `git`: replaces what the channel says of itself.',
      ),
    },
    { description: 'The texts that a conversation starts with.' },
  ),
  limits: objectSchema<Section<'limits'>>(
    {
      steps: option.integer(1, 'Model answers per seat. `--max-steps` also applies; the lower limit wins.'),
      cost_usd: option.number(0, 'Cost per seat in USD. `--max-cost` also applies; the lower limit wins.'),
    },
    { description: 'A seat that reaches a limit ends as `LimitsExceeded`.' },
  ),
  command: objectSchema<Section<'command'>>(
    {
      timeout_seconds: seconds('Kills a command, and everything it started, after this time.'),
      output_bytes: option.integer(
        200,
        "How much of a command's output the model sees: half from the start, half from the end.",
        { maximum: 1_000_000 },
      ),
    },
    { description: 'The commands that the model runs.' },
  ),
  compaction: objectSchema<Section<'compaction'>>(
    {
      threshold_tokens: option.integer(
        1000,
        'When the input is longer than this, the model summarises the earlier turns, and the summary replaces them. The summary counts as cost, and not as a step.',
      ),
      keep_turns: option.integer(1, 'How many of the last turns stay as they are.'),
    },
    { description: 'What happens to long conversations.' },
  ),
  model: objectSchema<Section<'model'>>(
    {
      temperature: option.number(0, "Sampling temperature. Absent: the provider's default."),
      seed: {
        type: 'boolean',
        description:
          "Whether requests carry the seed of a repetition (`--repeat`). Absent: if the provider's API takes one.",
      },
      max_output_tokens: option.integer(1, "Longest answer. Absent: the provider's default."),
      timeout_seconds: seconds('Retries a request that has no complete answer after this time.'),
      reasoning: option.oneOf(reasoning, "Reasoning effort. Absent: the provider's default."),
      api: option.oneOf(
        apis,
        'Which API of OpenAI to use. Absent: chat completions, except for models that only the Responses API serves.',
      ),
      provider_options: option.record(
        { type: 'object' },
        "Passed unchanged to the AI SDK's provider, by provider name: `openai: { serviceTier: flex }`.",
      ),
    },
    { description: 'How the model is called.' },
  ),
  price: objectSchema<ModelPrice>(
    {
      input: option.number(0, 'Input tokens.'),
      output: option.number(0, 'Output tokens.'),
      cache_read: option.number(0, 'Input tokens read from a cache. Absent: as `input`.'),
      cache_write: option.number(0, 'Input tokens written to a cache. Absent: as `input`.'),
    },
    {
      required: ['input', 'output'],
      description: 'USD per million tokens. Replaces the published price.',
    },
  ),
  retries: objectSchema<Section<'retries'>>(
    {
      attempts: option.integer(1, 'Calls in total, including the first.'),
      max_wait_seconds: option.number(0, 'Longest wait that the agent chooses itself.'),
      max_retry_after_seconds: option.number(
        0,
        'Longest wait that a provider may ask for. The seat fails when it asks for more.',
      ),
    },
    { description: 'Model calls that fail for a passing reason are repeated.' },
  ),
  environment: {
    type: 'object',
    patternProperties: { '^[A-Za-z_][A-Za-z0-9_]*$': { type: 'string' } },
    additionalProperties: false,
    description: 'Environment variables for every command, beside those of the defaults.',
  },
});

/** Values of keys that the file does not set. */
export const defaults = {
  prompts: defaultPrompts,
  command: { timeout_seconds: 120, output_bytes: 10_000 },
  compaction: { threshold_tokens: 28_000, keep_turns: 2 },
  model: { timeout_seconds: 600 },
  retries: { attempts: 8, max_wait_seconds: 60, max_retry_after_seconds: 300 },
  environment: { PAGER: 'cat', MANPAGER: 'cat', LESS: '-R', PIP_PROGRESS_BAR: 'off', TQDM_DISABLE: '1' },
};
