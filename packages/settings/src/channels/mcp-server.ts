import { getMessage, type JsonSchema, lines } from '@cooperbench/core';
import pkg from '../../package.json' with { type: 'json' };

/** No client sends a longer line. A command takes at most 256 KiB, which JSON may lengthen. */
const maxLineChars = 2 * 1024 * 1024;
/** Maximum calls of tools that a client waits for, and characters of them together. */
const maxPendingCalls = 32;
const maxPendingChars = 4 * 1024 * 1024;
/** Maximum length of the id of a request. */
const maxIdChars = 200;
/** Newest first. */
const protocolVersions = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];

const codes = { parse: -32700, invalidRequest: -32600, methodNotFound: -32601, invalidParams: -32602 };

/** A request that the server refuses. */
export class McpError extends Error {
  readonly code: number;

  constructor(code: keyof typeof codes, message: string) {
    super(message);
    this.code = codes[code];
  }
}

export interface McpTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
}

export interface ToolResult {
  readonly text: string;
  readonly isError?: boolean;
  /** Called once, with whether the client got the result. */
  readonly settled?: ((isShown: boolean) => void) | undefined;
}

export interface McpServerOptions {
  readonly name: string;
  readonly tools: readonly McpTool[];
  /** Ends the server. */
  readonly signal: AbortSignal;
  /** Runs a tool of the list. `signal` aborts when the client cancels the call, and when the server ends. */
  call(name: string, params: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<ToolResult>;
}

type Write = (line: string) => Promise<void>;
type Id = string | number;
type Params = Readonly<Record<string, unknown>>;

/**
 * Serves tools by the Model Context Protocol, a JSON-RPC message on each line, until the client closes its side. The client
 * is not trusted, so every part of a message is checked.
 */
export async function serveMcp(
  input: AsyncIterable<Uint8Array>,
  write: Write,
  options: McpServerOptions,
): Promise<void> {
  const server = new McpSession(write, options);
  try {
    for await (const line of lines(input, maxLineChars)) await server.take(line);
  } finally {
    await server.end();
  }
}

class McpSession {
  readonly #write: Write;
  readonly #options: McpServerOptions;
  readonly #calls = new Map<Id, AbortController>();
  readonly #running = new Set<Promise<void>>();
  #pendingChars = 0;
  readonly #ended = new AbortController();

  constructor(write: Write, options: McpServerOptions) {
    this.#write = write;
    this.#options = options;
  }

  /** Ends the calls that still run. */
  async end(): Promise<void> {
    this.#ended.abort(new Error('the client has ended'));
    await Promise.all(this.#running);
  }

  /** Handles a message. A call of a tool goes on in the background. */
  async take(line: string): Promise<unknown> {
    if (line.trim() === '') return;
    if (line.length === maxLineChars)
      return this.#refuse(null, new McpError('parse', `a message has fewer than ${maxLineChars} characters`));
    let message: unknown;
    try {
      message = JSON.parse(line);
    } catch {
      return this.#refuse(null, new McpError('parse', 'the line is no JSON'));
    }
    const { id, method, params = {} } = isObject(message) ? message : {};
    const isRequest = (typeof id === 'string' && id.length <= maxIdChars) || typeof id === 'number';
    if (typeof id === 'string' && !isRequest)
      return this.#refuse(null, new McpError('invalidRequest', `an id has at most ${maxIdChars} characters`));
    if (typeof method !== 'string' || !isObject(params))
      // A message without a method is an answer. The server asks nothing.
      return isObject(message) && !('method' in message)
        ? undefined
        : this.#refuse(isRequest ? id : null, new McpError('invalidRequest', 'it is no request'));
    if (!isRequest) {
      const { requestId } = params;
      if (method === 'notifications/cancelled') this.#calls.get(requestId as Id)?.abort();
    } else if (method === 'tools/call') await this.#begin(id, params, line.length);
    else
      try {
        await this.#answer(id, this.#buildResult(method, params));
      } catch (error) {
        await this.#refuse(id, error);
      }
  }

  #buildResult(method: string, { protocolVersion }: Params): object {
    const { name, tools } = this.#options;
    if (method === 'ping') return {};
    if (method === 'tools/list') return { tools };
    if (method !== 'initialize')
      throw new McpError('methodNotFound', `there is no method ${method.slice(0, 100)}`);
    return {
      protocolVersion: protocolVersions.find((version) => version === protocolVersion) ?? protocolVersions[0],
      capabilities: { tools: {} },
      serverInfo: { name, version: pkg.version },
    };
  }

  async #begin(id: Id, { name, arguments: toolArguments = {} }: Params, chars: number): Promise<unknown> {
    const tool = this.#options.tools.find((candidate) => candidate.name === name);
    const isFull = this.#calls.size === maxPendingCalls || this.#pendingChars + chars > maxPendingChars;
    if (!tool || !isObject(toolArguments) || this.#calls.has(id) || isFull) {
      const reason = tool ? 'the call cannot be made' : 'there is no such tool';
      return this.#refuse(id, new McpError('invalidParams', reason));
    }
    const cancellation = new AbortController();
    this.#calls.set(id, cancellation);
    this.#pendingChars += chars;
    const running = this.#run(id, tool.name, toolArguments, cancellation.signal).finally(() => {
      this.#calls.delete(id);
      this.#pendingChars -= chars;
      this.#running.delete(running);
    });
    this.#running.add(running);
  }

  /** Never rejects. */
  async #run(id: Id, name: string, params: Params, cancelSignal: AbortSignal): Promise<void> {
    const { call, signal } = this.#options;
    const stop = AbortSignal.any([cancelSignal, signal, this.#ended.signal]);
    try {
      const { text, isError = false, settled } = await call(name, params, stop);
      const result = { content: [{ type: 'text', text }], isError };
      const isShown = !stop.aborted && (await this.#answer(id, result));
      settled?.(isShown);
    } catch (error) {
      // Nobody waits for the answer to a call that was cancelled.
      if (!stop.aborted) await this.#refuse(id, error);
    }
  }

  #refuse(id: Id | null, error: unknown): Promise<unknown> {
    const code = error instanceof McpError ? error.code : -32603;
    return this.#send({ id, error: { code, message: getMessage(error) } });
  }

  #answer(id: Id, result: object): Promise<boolean> {
    return this.#send({ id, result });
  }

  /** Resolves with whether the client can read it. */
  async #send(message: object): Promise<boolean> {
    try {
      await this.#write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
      return true;
    } catch {
      // The client has gone. The end of its input ends the session.
      return false;
    }
  }
}

function isObject(value: unknown): value is Params {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
