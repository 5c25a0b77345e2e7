import { type Static, Type } from 'typebox';
import { defaultPrompts } from '../prompts/defaults.ts';

const positive = { minimum: 1 };
const atLeastZero = { minimum: 0 };
const seconds = { exclusiveMinimum: 0, maximum: 86_400 };
const closed = { additionalProperties: false };

const text = (description: string) => Type.Optional(Type.String({ minLength: 1, description }));
const integer = (description: string, range: object) =>
  Type.Optional(Type.Integer({ ...range, description }));
const number = (description: string, range: object) => Type.Optional(Type.Number({ ...range, description }));
const dollars = (description: string) => Type.Number({ minimum: 0, description });

/** An `--agent-config` file. docs/reference/agent-config.md is generated from this schema. */
export const agentConfigSchema = Type.Object(
  {
    prompts: Type.Optional(
      Type.Object(
        {
          system: text('The system prompt.'),
          task: text('The first user message. It must contain `{{task}}`.'),
          team: text('Replaces `{{team}}` when other agents work on the repository. Empty in solo.'),
          messages: text('Replaces `{{messages}}` when the agents can send messages.'),
          no_messages: text('Replaces `{{messages}}` when the agents cannot send messages.'),
          git: text('Replaces `{{git}}` when the agents share a git remote.'),
        },
        { ...closed, description: 'The texts that a conversation starts with.' },
      ),
    ),
    limits: Type.Optional(
      Type.Object(
        {
          steps: integer(
            'Model answers per seat. `--max-steps` also applies; the lower limit wins.',
            positive,
          ),
          cost_usd: number(
            'Cost per seat in USD. `--max-cost` also applies; the lower limit wins.',
            atLeastZero,
          ),
        },
        { ...closed, description: 'A seat that reaches a limit ends as `LimitsExceeded`.' },
      ),
    ),
    command: Type.Optional(
      Type.Object(
        {
          timeout_seconds: number('Kills a command, and everything it started, after this time.', seconds),
          output_bytes: integer(
            "How much of a command's output the model sees: half from the start, half from the end.",
            { minimum: 200, maximum: 1_000_000 },
          ),
        },
        { ...closed, description: 'The commands that the model runs.' },
      ),
    ),
    compaction: Type.Optional(
      Type.Object(
        {
          threshold_tokens: integer(
            'Removes the middle of the conversation when its input is longer than this.',
            { minimum: 1000 },
          ),
          keep_turns: integer('How many of the last turns to keep at most.', positive),
        },
        { ...closed, description: 'What happens to long conversations. No model is asked to summarise.' },
      ),
    ),
    model: Type.Optional(
      Type.Object(
        {
          temperature: number("Sampling temperature. Absent: the provider's default.", atLeastZero),
          max_output_tokens: integer("Longest answer. Absent: the provider's default.", positive),
          timeout_seconds: number('Repeats a request that has no complete answer after this time.', seconds),
          reasoning: Type.Optional(
            Type.Enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'], {
              description: "Reasoning effort. Absent: the provider's default.",
            }),
          ),
          api: Type.Optional(
            Type.Enum(['chat', 'responses'], {
              description:
                'Which API of OpenAI to use. Absent: chat completions, except for models that only the Responses API serves.',
            }),
          ),
          provider_options: Type.Optional(
            Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown()), {
              description:
                "Passed unchanged to the AI SDK's provider, by provider name: `openai: { serviceTier: flex }`.",
            }),
          ),
        },
        { ...closed, description: 'How the model is called.' },
      ),
    ),
    price: Type.Optional(
      Type.Object(
        {
          input: dollars('Input tokens.'),
          output: dollars('Output tokens.'),
          cache_read: Type.Optional(dollars('Input tokens read from a cache. Absent: as `input`.')),
          cache_write: Type.Optional(dollars('Input tokens written to a cache. Absent: as `input`.')),
        },
        { ...closed, description: 'USD per million tokens. Replaces the published price.' },
      ),
    ),
    retries: Type.Optional(
      Type.Object(
        {
          attempts: integer('Calls in total, including the first.', positive),
          max_wait_seconds: number('Longest wait that the agent chooses itself.', atLeastZero),
          max_retry_after_seconds: number(
            'Longest wait that a provider may ask for. The seat fails when it asks for more.',
            atLeastZero,
          ),
        },
        { ...closed, description: 'Model calls that fail for a passing reason are repeated.' },
      ),
    ),
    environment: Type.Optional(
      Type.Record(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }), Type.String(), {
        ...closed,
        description: 'Environment variables for every command.',
      }),
    ),
  },
  closed,
);

export type AgentConfigFile = Static<typeof agentConfigSchema>;

/** Values of keys that the file does not set. */
export const defaults = {
  prompts: defaultPrompts,
  command: { timeout_seconds: 120, output_bytes: 10_000 },
  compaction: { threshold_tokens: 100_000, keep_turns: 20 },
  model: { timeout_seconds: 600 },
  retries: { attempts: 8, max_wait_seconds: 60, max_retry_after_seconds: 300 },
};
