import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { SandboxWork, Tunnel } from '@cooperbench/agent-kit';
import { CommandError } from '@cooperbench/core';
import { Agent, request, WebSocket } from 'undici';
import type { ServerEvent } from './events.ts';

/** A longer message on the socket ends the connection. The event that it carried can still be read. */
const maxMessageBytes = 4 << 20;
const maxAnswerBytes = 16 << 20;
/** Events can be large, so a page has few. */
const pageSize = 20;
const pollMs = 100;

export interface ServerAddress {
  readonly tunnel: Tunnel;
  readonly port: number;
  /** The server refuses requests without it. */
  readonly key: string;
  /** Ends every request. */
  readonly signal: AbortSignal;
  /** Limits what the server may send in all. */
  readonly guard: SandboxWork['guard'];
}

/**
 * A client of the OpenHands agent-server in a sandbox, through a tunnel. Code in the sandbox can take the server's place, so
 * each answer has a limit, and its content is not trusted.
 */
export class AgentServer implements AsyncDisposable {
  readonly #address: ServerAddress;
  readonly #origin: string;
  readonly #connections: Agent;
  readonly #closed = new AbortController();
  /** Aborts when no request can be made any more. */
  readonly signal: AbortSignal;

  constructor(address: ServerAddress) {
    const { tunnel, port, signal } = address;
    this.#address = address;
    this.#origin = `127.0.0.1:${port}`;
    this.signal = AbortSignal.any([signal, this.#closed.signal]);
    this.#connections = new Agent({
      connect: (_, callback) => {
        tunnel.connect(port).then(
          (connection) => {
            // As sockets do: undici does not notice that the server has closed half of a connection.
            connection.once('end', () => connection.end());
            callback(null, connection as Socket);
          },
          (error: Error) => callback(error, null),
        );
      },
      // An answer may wait for the end of a command.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: maxAnswerBytes,
      webSocket: { maxPayloadSize: maxMessageBytes },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#connections.destroy();
  }

  /** Waits until the server accepts connections. */
  async ready(): Promise<void> {
    const { tunnel, port } = this.#address;
    for (;;) {
      try {
        (await tunnel.connect(port)).destroy();
        return;
      } catch (error) {
        if (!CommandError.is(error)) throw error;
      }
      await delay(pollMs, undefined, { signal: this.signal });
    }
  }

  /** Resolves with the JSON of the answer. Rejects when the server refuses, or does not answer. */
  async call<Answer>(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer> {
    const { statusCode, body: answer } = await request(`http://${this.#origin}${path}`, {
      method,
      headers: {
        'x-session-api-key': this.#address.key,
        ...(body && { 'content-type': 'application/json' }),
      },
      body: body ? JSON.stringify(body) : null,
      dispatcher: this.#connections,
      signal: this.signal,
    });
    const text = await answer.text();
    this.#address.guard.count('outputBytes', text.length);
    if (statusCode >= 300) throw new Error(`${method} ${path} got HTTP ${statusCode}: ${text.slice(0, 500)}`);
    return JSON.parse(text) as Answer;
  }

  /** Returns the events of a conversation after the one with the id `last`, or all. */
  async *eventsAfter(conversation: string, last = ''): AsyncGenerator<ServerEvent> {
    let page: string | null | undefined = last;
    do {
      const query = `limit=${pageSize}&page_id=${encodeURIComponent(page)}`;
      const path = `/api/conversations/${conversation}/events/search?${query}`;
      const eventPage: EventPage = await this.call('GET', path);
      // A page begins with the event that it is named after.
      this.#address.guard.count('events', 1 + eventPage.items.length);
      for (const event of eventPage.items) if (event.id !== last) yield event;
      page = eventPage.next_page_id;
    } while (page);
  }

  /**
   * Yields whenever something has happened in a conversation, until the connection ends: the status when a turn has ended and
   * when the connection begins, and otherwise undefined. All that happens between two reads is one change, so that a server
   * that sends many events does not fill the memory.
   */
  async *changes(conversation: string): AsyncGenerator<string | undefined> {
    const socket = new WebSocket(`ws://${this.#origin}/sockets/events/${conversation}`, {
      dispatcher: this.#connections,
    });
    let news = Promise.withResolvers<void>();
    let status: string | undefined;
    let open = true;
    const end = (): void => {
      open = false;
      news.resolve();
    };
    const { key } = this.#address;
    const fitsLimit = (bytes: number): boolean => {
      try {
        this.#address.guard.count('outputBytes', bytes);
        return true;
      } catch {
        return false;
      }
    };
    socket.onopen = () => socket.send(JSON.stringify({ type: 'auth', session_api_key: key }));
    socket.onmessage = ({ data }) => {
      if (!fitsLimit(String(data).length)) return end();
      status = findStatusIn(String(data)) ?? status;
      news.resolve();
    };
    socket.onerror = end;
    socket.onclose = end;
    this.signal.addEventListener('abort', end);
    try {
      for (;;) {
        await news.promise;
        if (!open) return;
        news = Promise.withResolvers();
        const newStatus = status;
        status = undefined;
        yield newStatus;
      }
    } finally {
      this.signal.removeEventListener('abort', end);
      socket.close();
    }
  }
}

interface EventPage {
  readonly items: readonly ServerEvent[];
  readonly next_page_id?: string | null;
}

/** The server sends its whole state when a client connects, and when a turn has ended. */
function findStatusIn(text: string): string | undefined {
  try {
    const { kind, key, value } = JSON.parse(text) as ServerEvent;
    if (kind !== 'ConversationStateUpdateEvent' || key !== 'full_state') return undefined;
    const { execution_status: status } = value as { execution_status?: unknown };
    return typeof status === 'string' ? status : undefined;
  } catch {
    return undefined;
  }
}
