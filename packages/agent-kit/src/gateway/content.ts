import type { FormatName, Json } from './formats.ts';
import { formatCamelCase, policies } from './policies.ts';
import { findFeatureOfType, type ProviderFeature } from './provider-features.ts';

/** A part of a request that the policy does not allow. */
export interface ForbiddenPart {
  /** For example, `tool web_search_20250305`. */
  readonly name: string;
  /** The feature that allows it. It is absent if none does. */
  readonly feature?: ProviderFeature | undefined;
}

type Parts = Generator<ForbiddenPart>;

const list = (value: Json): readonly Json[] =>
  [value ?? []].flat(Number.POSITIVE_INFINITY).filter((part) => typeof part === 'object' && part !== null);

/** Builds the parts of a request's tools and messages that the policy does not allow. */
export function* buildForbiddenParts(format: FormatName, body: Json): Parts {
  yield* buildForbiddenTools(format, body.tools);
  if (format === 'responses') yield* buildReferences(body.input);
  if (format === 'gemini')
    for (const { parts } of [...list(body.contents), ...list(body.systemInstruction)])
      yield* buildGeminiParts(parts);
  else if (format === 'responses') yield* buildTypedParts(format, body.input);
  else {
    yield* buildTypedParts(format, body.system);
    for (const { content, audio } of list(body.messages)) {
      yield* buildTypedParts(format, content);
      if (audio !== undefined && audio !== null) yield { name: 'audio of another answer', feature: 'files' };
    }
  }
}

function* buildForbiddenTools(format: FormatName, tools: Json): Parts {
  for (const tool of list(tools)) {
    if (tool.type === 'namespace') yield* buildForbiddenTools(format, tool.tools);
    if (policies[format].isOwnTool(tool)) continue;
    const types = format === 'gemini' ? Object.keys(tool) : [String(tool.type)];
    for (const type of types)
      if (formatCamelCase(type) !== 'functionDeclarations') yield buildForbiddenType('tool', type);
  }
}

function buildForbiddenType(kind: string, type: string): ForbiddenPart {
  return { name: `${kind} ${type}`, feature: findFeatureOfType(type) };
}

/** For OpenAI, an input item with neither a type nor a role refers to a stored one. */
function* buildReferences(input: Json): Parts {
  for (const { type, role } of list(input))
    if (type === undefined && typeof role !== 'string') yield buildForbiddenType('content', 'item_reference');
}

/** Parts that name their type, and the parts in them. */
function* buildTypedParts(format: FormatName, content: Json): Parts {
  for (const part of list(content)) {
    const type = part.type === undefined ? undefined : String(part.type);
    // OpenAI's messages have no type.
    if (type !== undefined && !policies[format].content.has(type))
      yield buildForbiddenType('content', type === 'server_tool_use' ? String(part.name) : type);
    yield* buildAddresses(part);
    yield* buildForbiddenTools(
      format,
      type === 'additional_tools' || type === 'tool_search_output' ? part.tools : [],
    );
    // Results of tools, and documents, have parts of their own.
    for (const inner of [part.content, part.output, part.source?.content])
      if (typeof inner === 'object') yield* buildTypedParts(format, inner);
  }
}

const fetched = ['image_url', 'file_url', 'video_url', 'audio_url', 'url'];

/** Returns what makes the provider fetch or look up something. Data of the request itself has the scheme `data:`. */
function* buildAddresses(part: Json): Parts {
  for (const holder of [part, ...list(part.source), ...list(part.file), ...list(part.input_audio)]) {
    // Some servers take an address where others take Base64.
    for (const data of [holder.file_data, holder.data])
      if (typeof data === 'string' && /^\s*(?!data:)[a-z][a-z0-9+.-]*:/i.test(data))
        yield { name: `address in ${part.type ?? 'data'}`, feature: 'remote_urls' };
    for (const key of fetched) {
      const value = holder[key]?.url ?? holder[key];
      if (value !== undefined && value !== null && !/^data:/i.test(String(value)))
        yield { name: `address in ${part.type ?? key}`, feature: 'remote_urls' };
    }
    if (holder.file_id !== undefined && holder.file_id !== null)
      yield { name: `file_id in ${part.type ?? 'content'}`, feature: 'files' };
  }
}

/** Gemini's parts name their type by a key. */
function* buildGeminiParts(parts: Json): Parts {
  for (const part of list(parts)) {
    for (const key of Object.keys(part))
      if (!policies.gemini.content.has(formatCamelCase(key))) yield buildForbiddenType('content', key);
    const response = part.functionResponse ?? part.function_response;
    if (response?.parts) yield* buildGeminiParts(response.parts);
  }
}
