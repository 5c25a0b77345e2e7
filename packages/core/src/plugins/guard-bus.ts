import type { Mailbox, Message, MessageBus, Receipt } from '../contracts/bus.ts';
import { PluginError } from '../contracts/errors.ts';
import { type CallBounds, callPlugin } from './call-plugin.ts';
import { createPluginFault, type RequiredMembers, requireMembers } from './plugin-fault.ts';

const mailboxMembers: RequiredMembers = {
  send: 'function',
  drain: 'function',
  receive: 'function',
  giveBack: 'function',
  [Symbol.asyncDispose]: 'function',
};

/**
 * Bounds the calls into a bus and its mailboxes. `signal` ends every wait but that of a mailbox that closes. When the bus fails in
 * `send` or `giveBack`, the message may be lost, so the mailbox then rejects `drain`, too, and its seat fails.
 */
export function guardBus(
  bus: Pick<MessageBus, 'open' | 'beginPhase'>,
  { title, limits, closing }: CallBounds,
  signal: AbortSignal | undefined,
): Required<Pick<MessageBus, 'open' | 'beginPhase'>> {
  const label = (method: string): string => `${title} failed in ${method}`;
  const guardMailbox = (mailbox: Mailbox): Mailbox => {
    let fault: unknown;
    return {
      async send(to, text, options) {
        const send = async (signal: AbortSignal): Promise<readonly Receipt[]> =>
          list<Receipt>(await mailbox.send(to, text, { signal }), 'send');
        try {
          return await callPlugin(label('send'), send, {
            limitMs: limits.call,
            signal: options?.signal ?? signal,
          });
        } catch (error) {
          if (error instanceof PluginError) fault ??= error;
          throw error;
        }
      },
      async drain(options) {
        if (fault !== undefined) throw fault;
        const drain = async (signal: AbortSignal): Promise<readonly Message[]> =>
          list<Message>(await mailbox.drain({ signal }), 'drain');
        return callPlugin(label('drain'), drain, {
          limitMs: limits.call,
          signal: options?.signal ?? closing,
        });
      },
      receive({ waitMs, signal: callSignal = signal }) {
        const receive = async (signal: AbortSignal): Promise<readonly Message[]> =>
          list<Message>(await mailbox.receive({ waitMs, signal }), 'receive');
        return callPlugin(label('receive'), receive, { limitMs: waitMs + limits.call, signal: callSignal });
      },
      giveBack(messages) {
        try {
          mailbox.giveBack(messages);
        } catch (error) {
          fault ??= createPluginFault(label('giveBack'), error);
          throw fault;
        }
      },
      [Symbol.asyncDispose]: () =>
        callPlugin(label('dispose'), () => mailbox[Symbol.asyncDispose](), {
          limitMs: limits.close,
          signal: closing,
        }),
    };
  };
  return {
    async open(trial, seat, options) {
      const mailbox = await callPlugin(
        `${title} could not open a mailbox`,
        async (signal) => requireMembers(await bus.open(trial, seat, { signal }), mailboxMembers, 'open'),
        {
          limitMs: limits.call,
          signal: options?.signal ?? signal,
          discard: (lateMailbox) => lateMailbox[Symbol.asyncDispose](),
        },
      );
      return guardMailbox(mailbox);
    },
    beginPhase: (trial, phase) =>
      callPlugin(label('beginPhase'), async (signal) => bus.beginPhase?.(trial, phase, { signal }), {
        limitMs: limits.call,
        signal,
      }),
  };
}

/** @throws TypeError unless the value is a list of objects. */
function list<T>(value: readonly T[], giver: string): readonly T[] {
  const isObject = (item: unknown): boolean => typeof item === 'object' && item !== null;
  if (Array.isArray(value) && value.every(isObject)) return value;
  throw new TypeError(`${giver} returns ${JSON.stringify(value)}, which is not a list of objects.`);
}
