import type { FormatName, Json } from './formats.ts';
import type { ProviderFeature } from './provider-features.ts';

/** What a request in a wire format may contain. Anything else is left out, or refused where it has a feature. */
export interface Policy {
  /** Fields of the body that pass. */
  readonly fields: ReadonlySet<string>;
  /** Fields of the body that are refused unless the feature is open. */
  readonly features: Readonly<Record<string, ProviderFeature>>;
  /** Returns whether a tool runs where the framework runs, or does not run at all. */
  isOwnTool(tool: Json): boolean;
  /** Types of content that pass. What they contain is checked as well. */
  readonly content: ReadonlySet<string>;
}

const words = (text: string): string[] => text.trim().split(/\s+/);
const set = (text: string): ReadonlySet<string> => new Set(words(text));
const typeIs =
  (allowedTypes: RegExp) =>
  ({ type }: Json): boolean =>
    type === undefined || allowedTypes.test(String(type));

// https://platform.claude.com/docs/en/api/messages/create
const anthropic: Policy = {
  // `service_tier`, `speed` and `inference_geo` are missing, because they change the price.
  fields:
    set(`model messages max_tokens metadata stop_sequences stream system temperature thinking tool_choice tools top_k
    top_p cache_control output_config output_format context_management`),
  features: { mcp_servers: 'mcp', container: 'code_execution', fallbacks: 'fallbacks' },
  isOwnTool: typeIs(/^(custom|(bash|text_editor|memory)_\d+|tool_search_tool_\w+)$/),
  content: set(
    'text image document search_result tool_use tool_result thinking redacted_thinking tool_reference',
  ),
};

// https://platform.openai.com/docs/api-reference/responses/create
const responses: Policy = {
  // `service_tier` and `prompt_cache_retention` are missing, because they change the price or keep data.
  fields:
    set(`model input instructions max_output_tokens max_tool_calls include metadata parallel_tool_calls prompt_cache_key
    reasoning safety_identifier store stream stream_options temperature text tool_choice tools top_logprobs top_p truncation
    user client_metadata`),
  features: {
    background: 'background',
    conversation: 'storage',
    previous_response_id: 'storage',
    prompt: 'storage',
    plugins: 'plugins',
    models: 'fallbacks',
    route: 'fallbacks',
    provider: 'fallbacks',
  },
  isOwnTool: (tool) =>
    typeIs(/^(function|custom|local_shell|apply_patch|namespace|tool_search)$/)(tool) ||
    (tool.type === 'shell' && tool.environment?.type === 'local'),
  content:
    set(`message function_call function_call_output custom_tool_call custom_tool_call_output local_shell_call
    local_shell_call_output shell_call shell_call_output apply_patch_call apply_patch_call_output tool_search_call
    tool_search_output reasoning compaction compaction_summary compaction_trigger additional_tools input_text output_text text
    summary_text reasoning_text refusal input_image input_file`),
};

// https://platform.openai.com/docs/api-reference/chat/create, and https://openrouter.ai/docs/api-reference/parameters,
// https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html, https://api-docs.deepseek.com/api/create-chat-completion
const chat: Policy = {
  fields:
    set(`model messages max_tokens max_completion_tokens temperature top_p top_k min_p top_a n stop seed random_seed
    stream stream_options tools tool_choice parallel_tool_calls functions function_call response_format reasoning
    reasoning_effort reasoning_format include_reasoning thinking enable_thinking thinking_budget chat_template_kwargs verbosity
    frequency_penalty presence_penalty repetition_penalty logit_bias logprobs top_logprobs prompt_cache_key safety_identifier
    user usage store`),
  features: {
    web_search_options: 'web_search',
    search_parameters: 'web_search',
    search_settings: 'web_search',
    enable_search: 'web_search',
    plugins: 'plugins',
    mcp_servers: 'mcp',
    models: 'fallbacks',
    fallbacks: 'fallbacks',
    route: 'fallbacks',
    provider: 'fallbacks',
    background: 'background',
    deferred: 'background',
    previous_response_id: 'storage',
    conversation: 'storage',
    container: 'code_execution',
    file_ids: 'files',
  },
  isOwnTool: typeIs(/^(function|custom)$/),
  content:
    set(`text input_text refusal thinking redacted_thinking reasoning image_url input_image input_audio video_url
    audio_url file`),
};

// https://ai.google.dev/api/generate-content
const gemini: Policy = {
  fields: set('contents tools toolConfig safetySettings systemInstruction generationConfig model'),
  features: { cachedContent: 'storage' },
  isOwnTool: (tool) => Object.keys(tool).every((key) => formatCamelCase(key) === 'functionDeclarations'),
  content:
    set(`text thought thoughtSignature functionCall functionResponse inlineData partMetadata mediaResolution
    videoMetadata`),
};

export const policies: Readonly<Record<FormatName, Policy>> = { anthropic, responses, chat, gemini };

/** What may be below `generationConfig`. Other keys ask for audio and images, which have other prices. */
export const generationKeys: ReadonlySet<string> =
  set(`candidateCount stopSequences maxOutputTokens temperature topP topK seed presencePenalty frequencyPenalty
    responseMimeType responseSchema responseJsonSchema responseLogprobs logprobs thinkingConfig mediaResolution`);

/** Gemini takes each key in this form, and in snake case. */
export function formatCamelCase(key: string): string {
  return key.replaceAll(/_+([a-z])/gi, (_, letter: string) => letter.toUpperCase());
}

/** Headers that pass. `anthropic-beta` passes in part. */
export const headers: ReadonlySet<string> = set(
  'accept anthropic-beta anthropic-version content-type user-agent',
);

/** Headers that charge another organisation, project or workspace than that of the key. */
export const accountHeader: RegExp = /organi[sz]ation|workspace|-project$|^openai-org/;

/**
 * Parts of `anthropic-beta` that pass. They change the form of a request and its answer. Others open features.
 * https://platform.claude.com/docs/en/api/beta-headers
 */
export const beta: RegExp =
  /^(adaptive-thinking|advanced-tool-use|claude-code|context-1m|context-management|effort|extended-cache-ttl|fine-grained-tool-streaming|interleaved-thinking|max-tokens|oauth|output-128k|output-300k|prompt-caching|prompt-caching-scope|redact-thinking|structured-outputs|thinking-display-updates|thinking-token-count|summarize-connector-text|token-counting|token-efficient-tools|tool-examples|tool-search-tool)-20\d\d-\d\d-\d\d$|^claude-code-\d{8}$/;
