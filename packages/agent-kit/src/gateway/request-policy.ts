import type { IncomingHttpHeaders } from 'node:http';
import type { AgentContext } from '@cooperbench/core';
import { buildForbiddenParts, type ForbiddenPart } from './content.ts';
import type { Format, Json } from './formats.ts';
import { findInvalidCount } from './max-tokens.ts';
import { accountHeader, beta, formatCamelCase, generationKeys, headers, policies } from './policies.ts';
import type { ProviderFeature } from './provider-features.ts';

/** Names of things that code in the sandbox chose, so they are cut and counted. */
const maxNames = 200;
const maxNameChars = 80;

/**
 * Lets through of each request what the policy of its format allows. Reports each name that it leaves out or refuses once: in
 * the log of the seat, and to the user when a feature was refused.
 */
export class RequestPolicy {
  readonly #open: ReadonlySet<ProviderFeature>;
  readonly #record: AgentContext['record'];
  readonly #named = new Set<string>();

  constructor(open: readonly ProviderFeature[], record: AgentContext['record']) {
    this.#open = new Set(open);
    this.#record = record;
  }

  /** Returns the headers that go to the provider, or the reason why the request is refused. */
  headers(received: IncomingHttpHeaders): { passed: Record<string, string> } | { refused: string } {
    const forwardedHeaders: Record<string, string> = {};
    const left: string[] = [];
    for (const [name, value] of Object.entries(received)) {
      if (accountHeader.test(name)) return { refused: this.#refuse({ name: `header ${name}` }) };
      if (headers.has(name) && typeof value === 'string') forwardedHeaders[name] = value;
      else if (!ofConnection.has(name)) left.push(`header ${name}`);
    }
    const { 'anthropic-beta': betas } = forwardedHeaders;
    if (betas !== undefined) {
      const betaNames = betas.split(',').map((name) => name.trim());
      // A feature that is open may need a part that no list names.
      const allowedBetas = betaNames.filter((name) => beta.test(name) || this.#open.size > 0);
      left.push(
        ...betaNames.filter((name) => !allowedBetas.includes(name)).map((name) => `anthropic-beta ${name}`),
      );
      if (allowedBetas.length > 0) forwardedHeaders['anthropic-beta'] = allowedBetas.join(',');
      else delete forwardedHeaders['anthropic-beta'];
    }
    this.#leaveOut(left);
    return { passed: forwardedHeaders };
  }

  /** Leaves out of the body what is not allowed. Returns the reason when the request is refused. */
  body(format: Format, body: Json): string | undefined {
    const { fields, features } = policies[format.name];
    const left: string[] = [];
    for (const [key, value] of Object.entries(body)) {
      const name = format.name === 'gemini' ? formatCamelCase(key) : key;
      const feature = Object.hasOwn(features, name) ? features[name] : undefined;
      // Clients send a field that they do not use as null, false or an empty list.
      const isUsed = value !== null && value !== false && !(Array.isArray(value) && value.length === 0);
      if (feature !== undefined && isUsed && !this.#open.has(feature))
        return this.#refuse({ name: `field ${name}`, feature });
      delete body[key];
      if (fields.has(name) || feature !== undefined) body[name] = value;
      else left.push(`field ${name}`);
    }
    for (const part of buildForbiddenParts(format.name, body))
      if (part.feature === undefined || !this.#open.has(part.feature)) return this.#refuse(part);
    left.push(...leaveOutBelow(format, body, this.#open));
    const invalid = findInvalidCount(format.name, body);
    if (invalid !== undefined) return this.#refuse({ name: `a value of ${invalid} that is no whole number` });
    this.#leaveOut(left);
    return undefined;
  }

  #refuse({ name, feature }: ForbiddenPart): string {
    const shownName = name.slice(0, maxNameChars);
    const hint = feature === undefined ? '' : ` The agent option providerFeatures opens it: ${feature}.`;
    if (this.#isNew(`refused ${shownName}`)) {
      this.#record({ type: 'log', text: `gateway: refused a request with ${shownName}` });
      if (feature !== undefined)
        this.#record({
          type: 'notice',
          text: `The model gateway refused ${feature} of the provider.${hint}`,
        });
    }
    return `This gateway does not allow ${shownName}.${hint}`;
  }

  #leaveOut(names: readonly string[]): void {
    const newNames = names.map((name) => name.slice(0, maxNameChars)).filter((name) => this.#isNew(name));
    if (newNames.length === 0) return;
    this.#record({ type: 'log', text: `gateway: left out of requests: ${newNames.join(', ')}` });
  }

  #isNew(name: string): boolean {
    if (this.#named.has(name) || this.#named.size >= maxNames) return false;
    this.#named.add(name);
    return true;
  }
}

/** Headers that belong to the connection or carry the token: the gateway sends its own. */
const ofConnection: ReadonlySet<string> = new Set([
  ...[
    'accept-encoding',
    'authorization',
    'connection',
    'content-length',
    'cookie',
    'expect',
    'host',
    'keep-alive',
  ],
  ...['proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'x-api-key', 'x-goog-api-key'],
]);

/** Leaves out what is not allowed below the top level, and returns the names. */
function leaveOutBelow(format: Format, body: Json, open: ReadonlySet<ProviderFeature>): string[] {
  if (format.name === 'gemini') return leaveOutOfGeneration(body);
  if (format.name === 'anthropic') return [...leaveOutEdits(body), ...leaveOutLongCaches(body)];
  const left: string[] = format.name === 'chat' ? leaveOutLongCaches(body) : [];
  if (open.has('storage')) return left;
  // OpenAI stores answers of the Responses API by default.
  if (body.store === true) left.push('field store');
  if (format.name === 'chat') {
    if ('store' in body) body.store = false;
    return left;
  }
  body.store = false;
  if (!Array.isArray(body.input)) return left;
  // Reasoning that was not stored can only be sent in full.
  const isStored = (item: Json): boolean =>
    item?.type === 'reasoning' && !item.encrypted_content && !item.content;
  if (body.input.some(isStored)) {
    body.input = body.input.filter((item: Json) => !isStored(item));
    left.push('reasoning without content');
  }
  return left;
}

function leaveOutOfGeneration(body: Json): string[] {
  const config = body.generationConfig;
  if (config === undefined) return [];
  if (typeof config !== 'object' || config === null) {
    delete body.generationConfig;
    return ['generationConfig'];
  }
  const entries = Object.entries(config).map(([key, value]) => [formatCamelCase(key), value] as const);
  body.generationConfig = Object.fromEntries(entries.filter(([key]) => generationKeys.has(key)));
  return entries.filter(([key]) => !generationKeys.has(key)).map(([key]) => `generationConfig ${key}`);
}

/** Other edits call the model again, and the usage of these calls is not in the answer's. */
function leaveOutEdits(body: Json): string[] {
  const edits: readonly Json[] = [body.context_management?.edits ?? []].flat();
  const left = edits.filter((edit) => !/^clear_/.test(String(edit?.type)));
  if (left.length > 0) body.context_management.edits = edits.filter((edit) => !left.includes(edit));
  return left.map((edit) => `context_management ${edit?.type}`);
}

/** The price of a cache that lasts an hour differs from the known price of a cache. */
function leaveOutLongCaches(body: Json): string[] {
  const messages: readonly Json[] = [body.messages ?? []].flat();
  const tools: readonly Json[] = [body.tools ?? []].flat();
  const parts: readonly Json[] = [
    body,
    tools,
    tools.map((tool) => tool?.function),
    body.system,
    messages,
    messages.map((message) => message?.content),
  ].flat(2);
  const inner = parts.flatMap((part) => (Array.isArray(part?.content) ? part.content : []));
  const longCaching = [...parts, ...inner].filter((part) => part?.cache_control?.ttl !== undefined);
  for (const part of longCaching) delete part.cache_control.ttl;
  return longCaching.length > 0 ? ['cache_control ttl'] : [];
}
