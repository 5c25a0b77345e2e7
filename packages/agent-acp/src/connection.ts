import {
  type AnyMessage,
  type ClientApp,
  type ClientContext,
  client,
  type PermissionOption,
  type RequestPermissionResponse,
} from '@agentclientprotocol/sdk';
import type { Framework } from '@cooperbench/agent-kit';
import type { AgentContext } from '@cooperbench/core';

/** JSON of a program in a sandbox. It may have any shape. */
// biome-ignore lint/suspicious/noExplicitAny: every reader looks for its own keys
export type Json = any;

export interface ProgramHandlers {
  /** Returns a `session/update`. It is called in order, and before the answer to the prompt arrives. */
  onUpdate(update: Json): void;
  /** Qwen Code asks for messages to its session between steps. */
  takeMessages(): Promise<readonly string[]>;
}

export interface Connection {
  readonly program: ClientContext;
  /** Resolves when the program has closed its output. All requests to it have then been rejected. */
  readonly ended: Promise<void>;
  /** Returns whether the program has closed its output. */
  hasEnded(): boolean;
}

/**
 * Connects the client library to a program that speaks the Agent Client Protocol. The program may be hostile, so the library
 * gets only requests, which are answered one at a time, and answers to its own requests. Everything else is logged. The client
 * has no files and no terminal: the program works in its own sandbox.
 */
export function connect(
  framework: Framework,
  context: Pick<AgentContext, 'record'>,
  handlers: ProgramHandlers,
): Connection {
  const { readable, writable } = new TransformStream<AnyMessage>();
  const toLibrary = writable.getWriter();
  toLibrary.closed.catch(() => {});
  const pendingRequests = new Set<unknown>();
  let answer: PromiseWithResolvers<void> | undefined;
  const fromLibrary = new WritableStream<AnyMessage>({
    async write(message) {
      const isCall = 'method' in message;
      if (isCall && 'id' in message) pendingRequests.add(message.id);
      await framework.send(JSON.stringify(message));
      if (!isCall) answer?.resolve();
    },
  });
  const connection = buildClientApp(handlers).connect({ readable, writable: fromLibrary });
  const receive = async (message: Json): Promise<void> => {
    if (typeof message.method === 'string') {
      if (message.method === 'session/update') handlers.onUpdate(message.params?.update);
      if (message.id === undefined) return;
      answer = Promise.withResolvers();
      await toLibrary.write(message);
      await Promise.race([answer.promise, connection.closed]);
    } else if (pendingRequests.delete(message.id)) await toLibrary.write(message);
    else throw new TypeError('not a message of the protocol');
  };
  const eventsEnd = framework
    .readEvents(context, receive)
    .finally(() => connection.close(new Error('the program has ended')));
  return { program: connection.agent, ended: eventsEnd, hasEnded: () => connection.signal.aborted };
}

function buildClientApp({ takeMessages }: ProgramHandlers): ClientApp {
  return client({ name: 'cooperbench' })
    .onRequest('session/request_permission', ({ params }) => grant(params.options))
    .onRequest(
      'craft/drainMidTurnQueue',
      () => ({}),
      async () => ({ messages: await takeMessages() }),
    );
}

/** The sandbox is the boundary, so everything is allowed. */
function grant(options: readonly PermissionOption[]): RequestPermissionResponse {
  const allowOption =
    options.find(({ kind }) => kind === 'allow_always') ?? options.find(({ kind }) => kind === 'allow_once');
  return {
    outcome: allowOption ? { outcome: 'selected', optionId: allowOption.optionId } : { outcome: 'cancelled' },
  };
}
