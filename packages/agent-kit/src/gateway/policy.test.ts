import type { AgentEvent } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { hostLimits } from '../limits.ts';
import { type FormatName, formats, type Json } from './formats.ts';
import { findExceededBound } from './json-bounds.ts';
import type { ProviderFeature } from './provider-features.ts';
import { RequestPolicy } from './request-policy.ts';

const formatOf = (name: FormatName) => formats.find((format) => format.name === name) ?? expect.fail(name);

function policy(...open: ProviderFeature[]) {
  const events: AgentEvent[] = [];
  const requestPolicy = new RequestPolicy(open, (event) => void events.push(event));
  return {
    one: requestPolicy,
    events,
    texts: () => events.map((event) => ('text' in event ? event.text : event.type)),
  };
}

const user = (...content: Json[]): Json => ({ messages: [{ role: 'user', content }] });
const input = (...content: Json[]): Json => ({ input: [{ type: 'message', role: 'user', content }] });
const parts = (...callArguments: Json[]): Json => ({ contents: [{ role: 'user', parts: callArguments }] });

/** What a framework may use to reach the network, other models or stored data, in the words of each API. */
const refusal: readonly (readonly [FormatName, ProviderFeature, Json])[] = [
  ['anthropic', 'web_search', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
  ['anthropic', 'web_fetch', { tools: [{ type: 'web_fetch_20250910', name: 'web_fetch' }] }],
  ['anthropic', 'code_execution', { tools: [{ type: 'code_execution_20250825', name: 'code_execution' }] }],
  ['anthropic', 'computer', { tools: [{ type: 'computer_20250124', name: 'computer' }] }],
  ['anthropic', 'mcp', { mcp_servers: [{ type: 'url', url: 'https://example.com' }] }],
  ['anthropic', 'mcp', { tools: [{ type: 'mcp_toolset', mcp_server_name: 'x' }] }],
  ['anthropic', 'code_execution', { container: { skills: [{ skill_id: 'pdf' }] } }],
  [
    'anthropic',
    'remote_urls',
    user({ type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }),
  ],
  ['anthropic', 'files', user({ type: 'document', source: { type: 'file', file_id: 'file_1' } })],
  ['anthropic', 'code_execution', user({ type: 'container_upload' })],
  [
    'anthropic',
    'remote_urls',
    user({ type: 'tool_result', content: [{ type: 'image', source: { url: 'http://a' } }] }),
  ],
  ['responses', 'web_search', { tools: [{ type: 'web_search' }] }],
  ['responses', 'web_search', { tools: [{ type: 'web_search_preview_2025_03_11' }] }],
  ['responses', 'mcp', { tools: [{ type: 'mcp', server_url: 'https://example.com' }] }],
  ['responses', 'mcp', { tools: [{ type: 'namespace', tools: [{ type: 'mcp' }] }] }],
  ['responses', 'code_execution', { tools: [{ type: 'code_interpreter', container: { type: 'auto' } }] }],
  ['responses', 'code_execution', { tools: [{ type: 'shell', environment: { type: 'container_auto' } }] }],
  ['responses', 'files', { tools: [{ type: 'file_search', vector_store_ids: ['v'] }] }],
  ['responses', 'image_generation', { tools: [{ type: 'image_generation' }] }],
  ['responses', 'computer', { tools: [{ type: 'computer_use_preview' }] }],
  ['responses', 'background', { background: true }],
  ['responses', 'storage', { previous_response_id: 'resp_1' }],
  ['responses', 'storage', { conversation: 'conv_1' }],
  ['responses', 'storage', { prompt: { id: 'pmpt_1' } }],
  ['responses', 'storage', { input: [{ type: 'item_reference', id: 'msg_1' }] }],
  ['responses', 'remote_urls', input({ type: 'input_image', image_url: 'https://example.com/a.png' })],
  ['responses', 'remote_urls', input({ type: 'input_file', file_url: 'https://example.com/a.pdf' })],
  ['responses', 'remote_urls', input({ type: 'input_file', file_data: 'https://example.com/a.pdf' })],
  ['responses', 'files', input({ type: 'input_file', file_id: 'file_1' })],
  ['responses', 'storage', { input: [{ id: 'msg_1' }] }],
  ['chat', 'web_search', { web_search_options: {} }],
  ['chat', 'web_search', { search_parameters: { mode: 'on' } }],
  ['chat', 'plugins', { plugins: [{ id: 'web' }] }],
  ['chat', 'fallbacks', { models: ['dear/model'] }],
  ['chat', 'fallbacks', { route: 'fallback' }],
  ['chat', 'web_search', { tools: [{ type: 'openrouter:web_search' }] }],
  ['chat', 'remote_urls', user({ type: 'image_url', image_url: { url: 'http://169.254.169.254/' } })],
  ['chat', 'remote_urls', user({ type: 'video_url', video_url: 'https://example.com' })],
  ['chat', 'remote_urls', user([{ type: 'image_url', image_url: { url: 'https://example.com' } }])],
  ['chat', 'remote_urls', user({ type: 'file', file: { file_data: ' https://example.com/a.pdf' } })],
  ['chat', 'remote_urls', user({ type: 'input_audio', input_audio: { data: 'http://a', format: 'wav' } })],
  ['chat', 'files', user({ type: 'file', file: { file_id: 'file_1' } })],
  ['gemini', 'web_search', { tools: [{ googleSearch: {} }] }],
  ['gemini', 'web_search', { tools: [{ functionDeclarations: [], google_search: {} }] }],
  ['gemini', 'web_fetch', { tools: [{ url_context: {} }] }],
  ['gemini', 'code_execution', { tools: { codeExecution: {} } }],
  ['gemini', 'storage', { cached_content: 'cachedContents/1' }],
  ['gemini', 'files', parts({ file_data: { file_uri: 'https://example.com' } })],
  [
    'gemini',
    'files',
    parts({ functionResponse: { name: 'f', parts: [{ fileData: { fileUri: 'gs://a' } }] } }),
  ],
];

test.for(refusal)('%s: %s is refused, named once, and opened by an option: %o', ([name, feature, body]) => {
  const closed = policy();
  const format = formatOf(name);
  for (const _ of [1, 2])
    expect(closed.one.body(format, structuredClone(body))).toMatch(
      /^This gateway does not allow .* opens it: /,
    );
  expect(closed.texts()).toEqual([
    expect.stringMatching(/^gateway: refused a request with (field|tool|content|address|file_id) /),
    `The model gateway refused ${feature} of the provider. The agent option providerFeatures opens it: ${feature}.`,
  ]);
  const open = policy(feature);
  expect(open.one.body(format, structuredClone(body))).toBeUndefined();
});

/** Requests of the frameworks, with everything that they need. */
const passed: readonly (readonly [FormatName, Json])[] = [
  [
    'anthropic',
    {
      ...{ model: 'm', max_tokens: 32_000, stream: true, temperature: 1, metadata: { user_id: 'u' } },
      thinking: { type: 'enabled', budget_tokens: 2048 },
      context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
      system: [{ type: 'text', text: 'You are agent1.', cache_control: { type: 'ephemeral' } }],
      tools: [
        { name: 'Bash', input_schema: { type: 'object' } },
        { type: 'text_editor_20250728', name: 'edit' },
      ],
      messages: [
        { role: 'user', content: 'Go.' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 's' },
            { type: 'tool_use', id: '1', name: 'Bash', input: { type: 'mcp', url: 'https://example.com' } },
          ],
        },
        {
          role: 'user',
          content: [
            {
              ...{ type: 'tool_result', tool_use_id: '1' },
              content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } }],
            },
          ],
        },
      ],
    },
  ],
  [
    'responses',
    {
      ...{
        model: 'm',
        instructions: 'You are agent1.',
        stream: true,
        store: false,
        parallel_tool_calls: true,
      },
      ...{ reasoning: { effort: 'high' }, include: ['reasoning.encrypted_content'], prompt_cache_key: 'k' },
      tools: [
        { type: 'function', name: 'exec' },
        { type: 'custom', name: 'apply_patch' },
        { type: 'local_shell' },
      ],
      input: [
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Go.' }] },
        { type: 'reasoning', summary: [], encrypted_content: 'e' },
        { type: 'function_call', call_id: '1', name: 'exec', arguments: '{"url":"https://example.com"}' },
        {
          ...{ type: 'function_call_output', call_id: '1' },
          output: [{ type: 'input_image', image_url: 'data:image/png;base64,AA==' }],
        },
      ],
    },
  ],
  [
    'chat',
    {
      ...{ model: 'm', temperature: 0, stream: true, stream_options: { include_usage: true }, n: 1 },
      tools: [{ type: 'function', function: { name: 'bash', parameters: {} } }],
      messages: [
        { role: 'system', content: 'You are agent1.' },
        { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }] },
        { role: 'assistant', content: null, tool_calls: [{ id: '1', type: 'function', function: {} }] },
        { role: 'tool', tool_call_id: '1', content: 'https://example.com' },
      ],
    },
  ],
  [
    'gemini',
    {
      systemInstruction: { parts: [{ text: 'You are agent1.' }] },
      tools: [{ functionDeclarations: [{ name: 'bash' }] }],
      toolConfig: { functionCallingConfig: { mode: 'AUTO' } },
      generationConfig: { temperature: 0, maxOutputTokens: 100, thinkingConfig: { includeThoughts: true } },
      contents: [
        { role: 'model', parts: [{ functionCall: { name: 'bash', args: {} }, thoughtSignature: 's' }] },
        { role: 'user', parts: [{ functionResponse: { name: 'bash', response: { output: 'a' } } }] },
        { role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data: 'AA==' } }] },
      ],
    },
  ],
];

test.for(passed)('%s: what frameworks need passes unchanged, and nothing is said', ([name, body]) => {
  const { one, events } = policy();
  const givenValue = structuredClone(body);
  expect(one.body(formatOf(name), givenValue)).toBeUndefined();
  expect(givenValue).toEqual(body);
  expect(events).toEqual([]);
});

test('a field with a name of Object.prototype is left out like any other', () => {
  const { one, texts } = policy();
  const body = JSON.parse('{"messages": [], "__proto__": {"plugins": [1]}, "constructor": {"x": 1}}');
  expect(one.body(formatOf('chat'), body)).toBeUndefined();
  expect(JSON.stringify(body)).toBe('{"messages":[]}');
  expect(texts()).toEqual(['gateway: left out of requests: field __proto__, field constructor']);
});

test('what changes the price or keeps data is left out, and named once', () => {
  const { one, texts } = policy();
  const leave = (name: FormatName, body: Json): Json => {
    expect(one.body(formatOf(name), body)).toBeUndefined();
    return body;
  };
  expect(leave('anthropic', { service_tier: 'priority', speed: 'fast', max_tokens: 1 })).toEqual({
    max_tokens: 1,
  });
  const cached = { cache_control: { type: 'ephemeral', ttl: '1h' } };
  expect(
    leave('anthropic', { system: [{ type: 'text', text: 'a', ...cached }] }).system[0].cache_control,
  ).toEqual({
    type: 'ephemeral',
  });
  const compacts = {
    context_management: { edits: [{ type: 'compact_20260112' }, { type: 'clear_thinking_20251015' }] },
  };
  expect(leave('anthropic', compacts).context_management.edits).toEqual([
    { type: 'clear_thinking_20251015' },
  ]);
  expect(
    leave('responses', { store: true, input: [{ type: 'reasoning', id: 'rs_1', summary: [] }] }),
  ).toEqual({
    store: false,
    input: [],
  });
  expect(leave('chat', { store: true, api_base: 'http://127.0.0.1' })).toEqual({ store: false });
  const speaks = { generation_config: { max_output_tokens: 9, response_modalities: ['AUDIO'] } };
  expect(leave('gemini', speaks)).toEqual({ generationConfig: { maxOutputTokens: 9 } });
  leave('anthropic', { service_tier: 'priority' });
  expect(texts()).toEqual([
    'gateway: left out of requests: field service_tier, field speed',
    'gateway: left out of requests: cache_control ttl',
    'gateway: left out of requests: context_management compact_20260112',
    'gateway: left out of requests: field store, reasoning without content',
    'gateway: left out of requests: field api_base',
    'gateway: left out of requests: generationConfig responseModalities',
  ]);
});

const counts: readonly (readonly [FormatName, string, (value: unknown) => Json])[] = [
  ['chat', 'n', (n) => ({ n })],
  ['chat', 'max_tokens', (max_tokens) => ({ max_tokens })],
  ['chat', 'max_completion_tokens', (value) => ({ max_tokens: 1, max_completion_tokens: value })],
  ['anthropic', 'max_tokens', (max_tokens) => ({ max_tokens })],
  ['responses', 'max_output_tokens', (max_output_tokens) => ({ max_output_tokens })],
  ['gemini', 'candidateCount', (candidateCount) => ({ generationConfig: { candidateCount } })],
  ['gemini', 'maxOutputTokens', (value) => ({ generation_config: { max_output_tokens: value } })],
];

test.for(counts)('%s: %s is a whole number, or the request is refused', ([name, key, bodyWith]) => {
  for (const value of ['8', 8.5, -1, [8], true, { value: 8 }, 1e300])
    expect(policy().one.body(formatOf(name), bodyWith(value))).toBe(
      `This gateway does not allow a value of ${key} that is no whole number.`,
    );
  for (const value of [8, 0, null, undefined])
    expect(policy().one.body(formatOf(name), bodyWith(value))).toBeUndefined();
});

test('a cache that lasts an hour is left out in every format that has caches', () => {
  const cached = () => ({ type: 'text', cache_control: { type: 'ephemeral', ttl: '1h' } });
  const body = {
    messages: [{ role: 'tool', ...cached(), content: [{ ...cached(), content: [cached()] }] }],
    tools: [{ ...cached(), type: 'function', function: cached() }],
  };
  for (const name of ['anthropic', 'chat'] as const) {
    const givenValue = structuredClone(body);
    givenValue.tools[0]!.type = name === 'chat' ? 'function' : 'custom';
    const { one, texts } = policy();
    expect(one.body(formatOf(name), givenValue)).toBeUndefined();
    expect(JSON.stringify(givenValue)).not.toContain('ttl');
    expect(texts()).toEqual(['gateway: left out of requests: cache_control ttl']);
  }
});

test('a generationConfig that is no object does not reach the provider', () => {
  for (const generationConfig of ['x', 8, null]) {
    const body: Json = { generationConfig };
    expect(policy().one.body(formatOf('gemini'), body)).toBeUndefined();
    expect(body).toEqual({});
  }
});

test('a field that a client sends without using it is not refused', () => {
  const { one, events } = policy();
  const body = { background: false, previous_response_id: null, input: 'Go.' };
  expect(one.body(formatOf('responses'), body)).toBeUndefined();
  expect(events).toEqual([]);
});

test('headers of accounts are refused, and others that no request needs are left out', () => {
  const { one, texts } = policy();
  for (const name of [
    'openai-organization',
    'openai-project',
    'x-goog-user-project',
    'anthropic-workspace-id',
  ])
    expect(one.headers({ [name]: 'other' })).toHaveProperty('refused');
  const givenValue = {
    ...{ accept: '*/*', 'x-api-key': 'token', 'x-stainless-lang': 'js', 'x-goog-fieldmask': 'candidates' },
    'anthropic-version': '2023-06-01',
    'anthropic-beta': 'claude-code-20250219,mcp-client-2025-04-04, interleaved-thinking-2025-05-14',
  };
  expect(one.headers(givenValue)).toEqual({
    passed: {
      accept: '*/*',
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'claude-code-20250219,interleaved-thinking-2025-05-14',
    },
  });
  expect(texts().at(-1)).toBe(
    'gateway: left out of requests: header x-stainless-lang, header x-goog-fieldmask, anthropic-beta mcp-client-2025-04-04',
  );
});

test('names that code in the sandbox invents are cut, and not all of them are logged', () => {
  const { one, events } = policy();
  const body = (n: number): Json => ({ [`${n} ${'x'.repeat(10_000)}`]: 1 });
  for (let n = 0; n < 2000; n += 1) one.body(formatOf('chat'), body(n));
  expect(events.length).toBe(200);
  expect(JSON.stringify(events).length).toBeLessThan(200 * 200);
});

const bytes = (text: string): Buffer => Buffer.from(text);

test('JSON that is too deep or has too many values is found before it is parsed', () => {
  const { jsonDepth, jsonNodes } = hostLimits;
  expect(findExceededBound(bytes('['.repeat(10 * jsonDepth)), hostLimits)).toBe('jsonDepth');
  expect(findExceededBound(bytes(`[${'0,'.repeat(10 * jsonNodes)}0]`), hostLimits)).toBe('jsonNodes');
  expect(findExceededBound(bytes(`[${'[],'.repeat(10 * jsonNodes)}0]`), hostLimits)).toBe('jsonNodes');
  const quoted = JSON.stringify({ text: `\\"${'[,{'.repeat(10 * jsonNodes)}\\\\`, more: ['"'] });
  expect(findExceededBound(bytes(quoted), hostLimits)).toBeUndefined();
});
