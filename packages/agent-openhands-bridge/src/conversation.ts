import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Push } from '@cooperbench/agent-kit';
import { type AgentContext, AgentError, getMessage } from '@cooperbench/core';
import type { AgentServer } from './agent-server.ts';
import { findFailureIn, messagesOf } from './events.ts';
import { isSupported, supportedVersions } from './options.ts';

const reconnectMs = 500;

/** The one conversation of a server: it begins with a task and ends when the agent has finished. */
export class Conversation {
  readonly id: string = randomUUID();
  readonly #path = `/api/conversations/${this.id}`;
  readonly #server: AgentServer;
  readonly #context: Pick<AgentContext, 'record'>;
  #last: string | undefined;
  #failure: string | undefined;

  constructor(server: AgentServer, context: Pick<AgentContext, 'record'>) {
    this.#server = server;
    this.#context = context;
  }

  async begin(request: object, task: string): Promise<void> {
    await this.#server.ready();
    const { version } = await this.#server.call<{ version?: unknown }>('GET', '/server_info');
    if (!isSupported(String(version)))
      throw new AgentError(
        'AGENT_SERVER_VERSION',
        `The OpenHands server in the sandbox has version ${version}, but openhands works only with ${supportedVersions}.`,
        {
          scope: 'run',
          hint: `Leave out the options "command" and "version", or name a server with version ${supportedVersions}.`,
        },
      );
    await this.#server.call('POST', '/api/conversations', request);
    await this.say(task);
  }

  /** The server starts a turn with the text, or adds it to the running turn. It answers when no command is running. */
  async say(text: string): Promise<boolean> {
    const body = { role: 'user', content: [{ type: 'text', text }], run: true };
    await this.#server.call('POST', `${this.#path}/events`, body);
    return true;
  }

  /** Records what happens until the agent has finished. Resolves with the reason when it could not. */
  async follow(push: Push): Promise<string | undefined> {
    for (;;) {
      try {
        for await (const status of this.#server.changes(this.id)) {
          await this.#read();
          if (status === undefined || status === 'idle' || status === 'running') continue;
          // Code in the sandbox may have paused it.
          if (status === 'paused') await this.#server.call('POST', `${this.#path}/run`);
          else if (status !== 'finished') return this.#failure ?? `OpenHands ended as ${status}`;
          else if (!(await push.settle()) && (await this.#hasFinished())) return undefined;
        }
      } catch (error) {
        this.#log(getMessage(error));
      }
      // A new connection begins with the status.
      await delay(reconnectMs, undefined, { signal: this.#server.signal });
    }
  }

  /** False when a note that was pushed at the last moment has started another turn. */
  async #hasFinished(): Promise<boolean> {
    const state = await this.#server.call<{ execution_status?: unknown }>('GET', this.#path);
    return state.execution_status === 'finished';
  }

  async #read(): Promise<void> {
    try {
      for await (const event of this.#server.eventsAfter(this.id, this.#last)) {
        this.#context.record({ type: 'raw', line: JSON.stringify(event) });
        for (const message of messagesOf(event)) this.#context.record({ type: 'message', message });
        this.#failure = findFailureIn(event) ?? this.#failure;
        this.#last = event.id;
      }
    } catch (error) {
      this.#log(`events are missing: ${getMessage(error)}`);
    }
  }

  #log(text: string): void {
    this.#context.record({ type: 'log', text: `OpenHands server: ${text}` });
  }
}
