import { setTimeout } from 'node:timers/promises';
import type { Mailbox, Message } from '../contracts/bus.ts';
import type { Channel, ChannelContext, Inbox, Note, OpenChannel, SeatCall } from '../contracts/channel.ts';
import { delegating } from '../plugins/delegating.ts';
import { type ChannelFaults, createSeededChance, FaultyQueue } from './faulty-queue.ts';

/** Finds why a channel cannot have these faults, as the end of a sentence. Returns undefined if it can. */
export function findRefused({ commands }: Channel, { duplicate = 0 }: ChannelFaults): string | undefined {
  return duplicate > 0 && commands.length > 0 && commands.every(({ hidden }) => hidden)
    ? 'it has nothing that could come twice, because agents do not call its commands themselves'
    : undefined;
}

/**
 * Returns a channel with faults. Messages through its mailboxes are lost, late or doubled for their recipient, and those of a
 * silent seat are lost. In a channel without mailboxes, this happens to the notes of its inbox, and in one without an inbox to
 * the calls of its commands. Calls of a silent seat fail in both. Chance depends on the seed, the trial, the channel, the seat
 * and the number of the message, note or call alone.
 */
export function withFaults(channel: Channel, name: string, faults: ChannelFaults): Channel {
  return delegating(channel, {
    async open(trial: ChannelContext): Promise<OpenChannel> {
      const seedText = faults.seed === undefined ? '' : `${faults.seed} `;
      const seedFor = (seat: string): string => `${seedText}${trial.id} ${name} ${seat}`;
      let usesMailbox = false;
      const inner = await channel.open({
        ...trial,
        async mailbox(seat) {
          usesMailbox = true;
          return createFaultyMailbox(await trial.mailbox(seat), seat, seedFor(seat), faults, trial);
        },
      });
      if (usesMailbox) return inner;
      const emit: Notify = (seat, text) =>
        trial.emit({ type: 'activity', seat, channel: name, text: `fault: ${text}` });
      return inner.inbox
        ? withFaultyNotes(inner, seedFor, faults, emit)
        : withFaultyCalls(inner, seedFor, faults, emit);
    },
  });
}

type Notify = (seat: string, text: string) => void;

function createFaultyMailbox(
  mailbox: Mailbox,
  seat: string,
  seed: string,
  faults: ChannelFaults,
  { emit }: ChannelContext,
): Mailbox {
  const queue = new FaultyQueue<Message>(faults, seed, (fault, { id }) =>
    emit({ type: `message_${fault}`, id, seat }),
  );
  const rules = {
    isLost: ({ from }: Message): boolean => from === faults.silent,
    sentAt: ({ sentAt }: Message): number => sentAt,
  };
  return {
    send: (to, text, options) => mailbox.send(to, text, options),
    drain: (options) => queue.take(() => mailbox.drain(options), 0, rules),
    receive: ({ waitMs, ...options }) =>
      queue.take((ms) => mailbox.receive({ ...options, waitMs: ms }), waitMs, rules),
    // The mailbox does not get them back, because they would meet the faults again.
    giveBack: (messages) => queue.giveBack(messages),
    [Symbol.asyncDispose]: () => mailbox[Symbol.asyncDispose](),
  };
}

function withFaultyNotes(
  inner: OpenChannel,
  seedFor: (seat: string) => string,
  faults: ChannelFaults,
  emit: Notify,
): OpenChannel {
  return delegating(inner, {
    async run(call: SeatCall) {
      refuseSilent(call, faults, emit);
      return inner.run(call);
    },
    inbox(seat: string): Inbox {
      const notes = inner.inbox?.(seat) as Inbox;
      const queue = new FaultyQueue<Note>(faults, seedFor(seat), (fault) => emit(seat, `a note is ${fault}`));
      return {
        take: ({ waitMs = 0, ...options } = {}) =>
          queue.take((ms) => notes.take({ ...options, waitMs: ms }), waitMs, {
            copy: ({ text }) => ({ text }),
          }),
        giveBack: (returned) => queue.giveBack(returned),
      };
    },
  });
}

function withFaultyCalls(
  inner: OpenChannel,
  seedFor: (seat: string) => string,
  faults: ChannelFaults,
  emit: Notify,
): OpenChannel {
  const { drop = 0, delay = 0, duplicate = 0 } = faults;
  const chances = new Map<string, () => number>();
  return delegating(inner, {
    async run(call: SeatCall) {
      refuseSilent(call, faults, emit);
      const { seat, command, signal } = call;
      const chance = chances.get(seat) ?? createSeededChance(seedFor(seat));
      chances.set(seat, chance);
      const [isDropped, isDoubled] = [chance() < drop, chance() < duplicate];
      if (isDropped) {
        emit(seat, `${command} is dropped`);
        throw new Error(noAnswer);
      }
      if (delay > 0) await setTimeout(delay * 1000, undefined, { signal });
      if (!isDoubled) return inner.run(call);
      emit(seat, `${command} is duplicated`);
      let input: Promise<Uint8Array> | undefined;
      const stdin = (): Promise<Uint8Array> => {
        input ??= call.stdin();
        return input;
      };
      const seatAnswer = await inner.run(delegating(call, { stdin }));
      // The caller has one pair of streams, and reads one answer.
      const stream = (): Promise<never> => Promise.reject(new Error(noAnswer));
      const repeatedAnswer = await inner.run(delegating(call, { stdin, stream })).catch(() => undefined);
      repeatedAnswer?.settled?.(false);
      return seatAnswer;
    },
  });
}

const noAnswer = 'the channel does not answer';

/** @throws Error when the call comes from the silent seat. */
function refuseSilent({ seat, command }: SeatCall, { silent }: ChannelFaults, emit: Notify): void {
  if (seat !== silent) return;
  emit(seat, `${command} is not heard`);
  throw new Error(noAnswer);
}
