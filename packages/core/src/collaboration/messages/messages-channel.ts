import { Buffer } from 'node:buffer';
import type { Message, Receipt } from '../../contracts/bus.ts';
import type {
  Channel,
  ChannelContext,
  Inbox,
  Note,
  OpenChannel,
  SeatAnswer,
  SeatCall,
} from '../../contracts/channel.ts';
import { SeatLimitError } from '../../contracts/errors.ts';
import { seatBounds } from '../../contracts/seat-bounds.ts';
import type { SeatPlan } from '../../contracts/setting.ts';
import { maxBytes } from '../relay-program.ts';
import { SeatMailbox } from './seat-mailbox.ts';

const maxWaitMs = 86_400_000;
/** How long `send_message --wait` waits for a message. */
const answerWaitMs = 60_000;

const usage = {
  send_message: 'send_message [--wait] PEER|all TEXT   (or the text on standard input)',
  read_messages: 'read_messages [--wait [SECONDS]]',
};

/** Messages between seats, carried by the run's bus. */
export const messagesChannel: Channel = {
  commands: [
    { name: 'send_message', usage: usage.send_message },
    { name: 'read_messages', usage: usage.read_messages },
  ],
  open: (trial) => TrialMessages.open(trial),
};

/** Formats a message for an agent. Quotes lines that look like the header of another message, so that nobody forges one. */
export function formatMessage({ from, text }: Pick<Message, 'from' | 'text'>): string {
  const [first = '', ...rest] = text.split(/(\r\n|[\n\v\f\r\x85\u2028\u2029])/);
  const quoted = rest.map((part) => (looksLikeHeader(part) ? `> ${part}` : part));
  return `[Message from ${from}]: ${first}${quoted.join('')}`;
}

/** Also recognises full-width letters, headers behind invisible characters, and headers in Markdown emphasis. */
function looksLikeHeader(line: string): boolean {
  const plain = line.normalize('NFKC').replaceAll(/[\s\p{C}\p{Z}\p{M}]/gu, '');
  return /^[\p{P}\p{S}]*\[[\p{P}\p{S}]*messagefrom/iu.test(plain);
}

class TrialMessages implements OpenChannel {
  readonly #seats: readonly SeatPlan[];
  readonly #mailboxes = new Map<string, SeatMailbox>();
  readonly #sent = new Map<string, { messages: number; bytes: number }>();

  private constructor(seats: readonly SeatPlan[]) {
    this.#seats = seats;
  }

  static async open(trial: ChannelContext): Promise<TrialMessages> {
    const messages = new TrialMessages(trial.seats);
    try {
      for (const { id } of trial.seats)
        messages.#mailboxes.set(id, new SeatMailbox(id, await trial.mailbox(id), trial.emit));
      return messages;
    } catch (error) {
      await messages[Symbol.asyncDispose]();
      throw error;
    }
  }

  instructions(seat: SeatPlan): string {
    const peers = this.#seats.filter(({ id }) => id !== seat.id).map(({ id }) => id);
    return `You can talk to each other by shell commands:
- \`send_message PEER "text"\` writes to one of ${peers.join(', ')}; \`send_message all "text"\` to everybody.
- Their messages appear automatically before your next step, as \`[Message from PEER]: text\`. To wait for an answer, run \`read_messages --wait 60\`.

Early on, say which files and functions you are going to change and how. Where you would touch the same lines, agree on who does what and at which place, and then do as agreed. If you do something other than what you said, say so. Name exact files, lines and signatures, answer questions, and keep working while you wait.`;
  }

  run(call: SeatCall): Promise<SeatAnswer> {
    const mailbox = this.#buildMailbox(call.seat);
    return call.command === 'send_message' ? this.#send(call, mailbox) : readMessages(call, mailbox);
  }

  inbox(seat: string): Inbox {
    const mailbox = this.#buildMailbox(seat);
    const messageByNote = new WeakMap<Note, Message>();
    return {
      async take({ waitMs = 0, signal, maxBytes } = {}) {
        const { messages } = await mailbox.take({ waitMs, signal }, countThatFit(maxBytes));
        return messages.map((message) => {
          const note = { text: formatMessage(message) };
          messageByNote.set(note, message);
          return note;
        });
      },
      giveBack: (notes) => mailbox.giveBack(notes.flatMap((note) => messageByNote.get(note) ?? [])),
    };
  }

  async leave(seat: string): Promise<void> {
    await this.#mailboxes.get(seat)?.leave();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#mailboxes.values()].map((mailbox) => mailbox[Symbol.asyncDispose]()));
  }

  #buildMailbox(seat: string): SeatMailbox {
    const mailbox = this.#mailboxes.get(seat);
    if (!mailbox) throw new Error(`${seat} has no mailbox`);
    return mailbox;
  }

  async #send(call: SeatCall, mailbox: SeatMailbox): Promise<SeatAnswer> {
    const wait = call.args.slice(0, 2).indexOf('--wait');
    const [to, ...words] = wait < 0 ? call.args : call.args.toSpliced(wait, 1);
    if (to === undefined || to === '') return { exitCode: 2, stderr: `usage: ${usage.send_message}\n` };
    const text = words.length > 0 ? words.join(' ') : Buffer.from(await call.stdin()).toString('utf8');
    this.#count(call.seat, text);
    if (to === call.seat) return createRefusal(`${to} is yourself`);
    const sendResult = answerTo(await mailbox.send(to, text));
    if (wait < 0 || sendResult.exitCode !== undefined) return sendResult;
    const batch = await mailbox.take({ waitMs: answerWaitMs, signal: call.signal }, countThatFit(room));
    if (batch.messages.length === 0)
      return { ...sendResult, stderr: `No message within ${answerWaitMs / 1000} s.\n` };
    const shownAnswer = shownTo(mailbox, batch);
    return { ...shownAnswer, stdout: `${sendResult.stdout}${shownAnswer.stdout}` };
  }

  /** So that a flood of messages does not fill the memory of the host or of Redis. @throws SeatLimitError. */
  #count(seat: string, text: string): void {
    const sentTotals = this.#sent.get(seat) ?? { messages: 0, bytes: 0 };
    this.#sent.set(seat, sentTotals);
    sentTotals.messages += 1;
    sentTotals.bytes += Buffer.byteLength(text);
    const { messages, messageBytes } = seatBounds;
    if (sentTotals.messages > messages) throw new SeatLimitError('messages', `${messages} messages`);
    if (sentTotals.bytes > messageBytes)
      throw new SeatLimitError('messageBytes', `${messageBytes} bytes of messages`);
  }
}

function answerTo(receipts: readonly Receipt[]): SeatAnswer {
  if (receipts.length === 0) return createRefusal('there is nobody else in this trial');
  const recipients = receipts.filter((receipt) => receipt.accepted).map(({ to }) => to);
  const reasons = receipts
    .filter((receipt) => !receipt.accepted)
    .map(({ to, reason }) =>
      reason === 'finished' ? `${to} has finished and will not read it` : `there is no ${to} in this trial`,
    );
  if (recipients.length === 0) return createRefusal(reasons.join('; '));
  return {
    stdout: `Sent to ${recipients.join(', ')}.${reasons.length > 0 ? ` Refused: ${reasons.join('; ')}.` : ''}\n`,
  };
}

function createRefusal(reason: string): SeatAnswer {
  return { exitCode: 1, stderr: `send_message: refused: ${reason}\n` };
}

async function readMessages({ args, signal }: SeatCall, mailbox: SeatMailbox): Promise<SeatAnswer> {
  const seconds = waitSeconds(args);
  if (seconds === undefined) return { exitCode: 2, stderr: `usage: ${usage.read_messages}\n` };
  if (!/^\d+(\.\d*)?$|^\.\d+$/.test(seconds))
    return { exitCode: 2, stderr: `read_messages: --wait takes a number of seconds, not '${seconds}'\n` };
  const waitMs = Math.min(Number(seconds) * 1000, maxWaitMs);
  const batch = await mailbox.take({ waitMs, signal }, countThatFit(room));
  if (batch.messages.length === 0)
    return {
      exitCode: 1,
      stderr: waitMs > 0 ? `No message within ${seconds} s.\n` : 'No new messages.\n',
    };
  return shownTo(mailbox, batch);
}

/** Maximum bytes of the messages in an answer. The rest of an answer is the text around them. */
const room = maxBytes - 4096;

/**
 * Returns what counts the first messages that fit into so many bytes. The count is at least one: a message that is too long gets
 * cut.
 */
function countThatFit(maxBytes = Number.POSITIVE_INFINITY): (messages: readonly Message[]) => number {
  return (messages) => {
    let bytes = 0;
    const tooMany = messages.findIndex((message) => {
      bytes += Buffer.byteLength(formatMessage(message)) + 1;
      return bytes > maxBytes;
    });
    return tooMany < 0 ? messages.length : Math.max(1, tooMany);
  };
}

function cutText(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= room) return text;
  return `${bytes.subarray(0, room).toString()}\n[${bytes.length - room} more bytes do not fit here.]`;
}

/** Answers with messages. Gives them back to the mailbox when the caller does not print the answer. */
function shownTo(
  mailbox: SeatMailbox,
  { messages, left }: Awaited<ReturnType<SeatMailbox['take']>>,
): SeatAnswer {
  const waitingNote = left > 0 ? `[${left} more wait: run read_messages again.]\n` : '';
  return {
    stdout: messages.map((message) => `${cutText(formatMessage(message))}\n`).join('') + waitingNote,
    settled: (printed) => {
      if (!printed) mailbox.giveBack(messages);
    },
  };
}

/** `0`: do not wait. Returns undefined if the arguments are not valid. */
function waitSeconds(args: readonly string[]): string | undefined {
  const [option, value, ...rest] = args;
  if (option === undefined) return '0';
  if (option === '--wait' && rest.length === 0) return value ?? '60';
  if (option.startsWith('--wait=') && value === undefined) return option.slice('--wait='.length);
  return undefined;
}
