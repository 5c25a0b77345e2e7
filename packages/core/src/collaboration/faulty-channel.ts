import type { Mailbox, Message } from '../contracts/bus.ts';
import type { Channel, ChannelContext, Inbox, Note, OpenChannel, SeatCall } from '../contracts/channel.ts';
import { type ChannelFaults, FaultyQueue } from './faulty-queue.ts';

/**
 * A channel with faults. Messages through its mailboxes are lost, late or doubled for their recipient, and those of a silent seat
 * are lost. In a channel without mailboxes, this happens to the notes of its inbox, and calls of a silent seat fail. Chance
 * depends on the trial, the channel, the seat and the number of the message alone.
 */
export function withFaults(channel: Channel, name: string, faults: ChannelFaults): Channel {
  return override(channel, {
    async open(trial: ChannelContext): Promise<OpenChannel> {
      const seedFor = (seat: string): string => `${trial.id} ${name} ${seat}`;
      let usesMailbox = false;
      const inner = await channel.open({
        ...trial,
        async mailbox(seat) {
          usesMailbox = true;
          return faultyMailbox(await trial.mailbox(seat), seat, seedFor(seat), faults, trial);
        },
      });
      const tell = (seat: string, text: string): void =>
        trial.emit({ type: 'activity', seat, channel: name, text: `fault: ${text}` });
      return usesMailbox ? inner : withFaultyNotes(inner, seedFor, faults, tell);
    },
  });
}

function faultyMailbox(
  mailbox: Mailbox,
  seat: string,
  seed: string,
  faults: ChannelFaults,
  { emit }: ChannelContext,
): Mailbox {
  const queue = new FaultyQueue<Message>(faults, seed, (fault, { id }) =>
    emit({ type: `message_${fault}`, id, seat }),
  );
  const isLost = ({ from }: Message): boolean => from === faults.silent;
  return {
    send: (to, text) => mailbox.send(to, text),
    drain: () => queue.take(() => mailbox.drain(), 0, { isLost }),
    receive: ({ waitMs, ...options }) =>
      queue.take((ms) => mailbox.receive({ ...options, waitMs: ms }), waitMs, { isLost }),
    [Symbol.asyncDispose]: () => mailbox[Symbol.asyncDispose](),
  };
}

function withFaultyNotes(
  inner: OpenChannel,
  seedFor: (seat: string) => string,
  faults: ChannelFaults,
  tell: (seat: string, text: string) => void,
): OpenChannel {
  const { inbox } = inner;
  return override(inner, {
    async run(call: SeatCall) {
      if (call.seat !== faults.silent) return inner.run(call);
      tell(call.seat, `${call.command} is not heard`);
      throw new Error('the channel does not answer');
    },
    ...(inbox && {
      inbox(seat: string): Inbox {
        const notes = inbox.call(inner, seat);
        const queue = new FaultyQueue<Note>(faults, seedFor(seat), (fault) =>
          tell(seat, `a note is ${fault}`),
        );
        return {
          take: ({ waitMs = 0, ...options } = {}) =>
            queue.take((ms) => notes.take({ ...options, waitMs: ms }), waitMs, {
              copy: ({ text }) => ({ text }),
            }),
          giveBack: (given) => queue.giveBack(given),
        };
      },
    }),
  });
}

/** An object with some other members. The rest stays bound to the object, because a class may have private fields. */
function override<T extends object>(object: T, members: Partial<T>): T {
  return new Proxy({} as T, {
    get(_, key) {
      if (Object.hasOwn(members, key)) return members[key as keyof T];
      const value: unknown = Reflect.get(object, key);
      return typeof value === 'function' ? value.bind(object) : value;
    },
  });
}
