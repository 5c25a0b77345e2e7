import {
  type Channel,
  type ChannelContext,
  type ChannelDefinition,
  type Inbox,
  type Note,
  type OpenChannel,
  objectSchema,
  type SeatAnswer,
  type SeatCall,
  type SeatPlan,
} from '@cooperbench/core';
import { Changes } from './changes.ts';

interface Request {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly kind: string;
  readonly text: string;
  /** A time of `performance.now()`. */
  readonly expiresMs: number;
  answer?: string;
  /** The requester has seen the answer. */
  isRead: boolean;
}

const maxRequests = 1000;
const maxTextBytes = 64 * 1024;
/** Maximum bytes of all requests and answers of a seat. */
const maxSeatBytes = 4 * 1024 * 1024;
/** Maximum bytes of a list of requests, which has to fit into an answer. One request always fits. */
const maxListBytes = 200 * 1024;
const defaultSeconds = 300;
const maxSeconds = 86_400;

const usage = {
  request: 'request [--wait SECONDS] SEAT KIND TEXT',
  respond: 'respond ID TEXT',
  requests: 'requests   (those that wait for your answer)',
} as const;

const requestsChannelOf: Channel = {
  commands: Object.entries(usage).map(([name, usage]) => ({ name, usage })),
  metrics: { requests_sent: {}, requests_answered: { better: 'higher' } },
  open: async (trial) => new TrialRequests(trial),
};

/** Requests with a kind, each with at most one answer. */
class TrialRequests implements OpenChannel {
  readonly #trial: ChannelContext;
  readonly #requests = new Map<string, Request>();
  readonly #changes = new Changes();
  /** By seat, the bytes of what it wrote. */
  readonly #written = new Map<string, number>();
  /** Seats that have finished, and answer nothing. */
  readonly #finished = new Set<string>();

  constructor(trial: ChannelContext) {
    this.#trial = trial;
  }

  instructions(): string {
    return `You can ask each other for something definite, and get one answer to it:
- \`request SEAT KIND "TEXT"\` asks, and prints the id of the request. KIND is one word, such as review, interface or integrate. \`request --wait 60 SEAT KIND "TEXT"\` waits for the answer and prints it. A request expires after ${defaultSeconds} seconds, or after those that you wait.
- \`requests\` lists what others ask of you. Answer with \`respond ID "TEXT"\`.`;
  }

  async run(call: SeatCall): Promise<SeatAnswer> {
    if (call.command === 'request') return this.#ask(call);
    if (call.command === 'respond') return this.#respond(call);
    const pending = [...this.#requests.values()].filter(
      (request) => request.to === call.seat && this.#isOpen(request),
    );
    return { stdout: `${formatRequests(pending) || 'Nobody waits for an answer of yours.'}\n` };
  }

  /** New requests to a seat, and answers to its own. */
  inbox(seat: string): Inbox {
    const shownIds = new Set<string>();
    const keys = new WeakMap<Note, string>();
    const take = (): Note[] | undefined => {
      const notes = [...this.#requests.values()].flatMap((request): Note[] => {
        const isForSeat = request.to === seat && this.#isOpen(request);
        const isAnswer = request.from === seat && request.answer !== undefined && !request.isRead;
        const key = `${request.id} ${isAnswer}`;
        if (!(isForSeat || isAnswer) || shownIds.has(key)) return [];
        shownIds.add(key);
        const note = { text: isAnswer ? answerText(request) : noteText(request) };
        keys.set(note, key);
        return [note];
      });
      return notes.length > 0 ? notes : undefined;
    };
    return {
      take: async ({ waitMs = 0, signal } = {}) =>
        (await this.#changes.waitUntil(take, waitMs, signal)) ?? [],
      giveBack: (notes) => {
        for (const note of notes) shownIds.delete(keys.get(note) ?? '');
      },
    };
  }

  metrics(): ReturnType<NonNullable<OpenChannel['metrics']>> {
    const requests = [...this.#requests.values()];
    return {
      requests_sent: requests.length,
      requests_answered: requests.filter(({ answer }) => answer !== undefined).length,
    };
  }

  async leave(seat: string): Promise<void> {
    this.#finished.add(seat);
    this.#changes.notify();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#changes.notify();
  }

  async #ask({ seat, args, signal }: SeatCall): Promise<SeatAnswer> {
    const shouldWait = args[0] === '--wait';
    const seconds = shouldWait ? Number(args[1]) : defaultSeconds;
    const [to = '', kind = '', ...words] = args.slice(shouldWait ? 2 : 0);
    const text = words.join(' ').trim();
    if (text === '' || !/^[\w-]{1,40}$/.test(kind) || !(seconds > 0 && seconds <= maxSeconds))
      return { exitCode: 2, stderr: `usage: ${usage.request}\n` };
    if (to === seat || !this.#trial.seats.some(({ id }: SeatPlan) => id === to))
      throw new Error(`there is no other ${to} in this trial`);
    if (this.#finished.has(to)) throw new Error(`${to} has finished`);
    if (this.#requests.size >= maxRequests) throw new Error(`the trial has had ${maxRequests} requests`);
    this.#countBytes(seat, text);
    const id = String(this.#requests.size + 1);
    const request: Request = {
      ...{ id, from: seat, to, kind, text, isRead: false },
      expiresMs: performance.now() + seconds * 1000,
    };
    this.#requests.set(id, request);
    this.#say(seat, `requests ${kind} of ${to} (${id})`);
    if (!shouldWait) return { stdout: `${id}\n` };
    const isOver = (): true | undefined =>
      request.answer !== undefined || this.#finished.has(to) ? true : undefined;
    const isEarly = await this.#changes.waitUntil(isOver, seconds * 1000, signal);
    if (request.answer === undefined)
      return {
        exitCode: 1,
        stderr: isEarly ? `${to} has finished without an answer.\n` : `No answer within ${seconds} s.\n`,
      };
    request.isRead = true;
    return {
      stdout: `${quote(request.answer)}\n`,
      settled: (printed) => {
        request.isRead = printed;
      },
    };
  }

  #respond({ seat, args }: SeatCall): SeatAnswer {
    const [id = '', ...words] = args;
    const text = words.join(' ').trim();
    if (text === '') return { exitCode: 2, stderr: `usage: ${usage.respond}\n` };
    const request = this.#requests.get(id);
    if (request?.to !== seat) throw new Error(`nobody asks you ${JSON.stringify(id.slice(0, 40))}`);
    if (!this.#isOpen(request))
      throw new Error(
        `request ${id} ${request.answer === undefined ? 'has expired' : 'is answered already'}`,
      );
    this.#countBytes(seat, text);
    request.answer = text;
    this.#say(seat, `answers ${request.from} (${id})`);
    return { stdout: `Answered ${request.from}.\n` };
  }

  /** @throws Error when the text or all of the seat's together are too long. */
  #countBytes(seat: string, text: string): void {
    const length = Buffer.byteLength(text);
    if (length > maxTextBytes) throw new Error(`the text is longer than ${maxTextBytes} bytes`);
    const writtenBytes = (this.#written.get(seat) ?? 0) + length;
    if (writtenBytes > maxSeatBytes)
      throw new Error(`${seat} has written ${maxSeatBytes} bytes of requests and answers`);
    this.#written.set(seat, writtenBytes);
  }

  #isOpen({ answer, expiresMs }: Request): boolean {
    return answer === undefined && performance.now() < expiresMs;
  }

  #say(seat: string, text: string): void {
    this.#trial.emit({ type: 'activity', seat, channel: 'requests', text });
    this.#changes.notify();
  }
}

/** Formats the requests that fit into a list, and how many do not. */
function formatRequests(requests: readonly Request[]): string {
  const texts = requests.map(noteText);
  let bytes = 0;
  const tooMany = texts.findIndex((text) => {
    bytes += Buffer.byteLength(text) + 1;
    return bytes > maxListBytes;
  });
  if (tooMany < 0) return texts.join('\n');
  return [...texts.slice(0, tooMany), `Answer these to see ${texts.length - tooMany} more.`].join('\n');
}

function noteText({ id, from, kind, text }: Request): string {
  return `[Request ${id} from ${from}, ${kind}]: ${quote(text)}`;
}

function answerText({ id, to, answer = '' }: Request): string {
  return `[Answer of ${to} to request ${id}]: ${quote(answer)}`;
}

/** Marks lines after the first, so that none looks like the beginning of another note. */
function quote(text: string): string {
  return text.replaceAll(/\r\n|[\n\v\f\r\u0085\u2028\u2029]/g, '\n> ');
}

export const requestsChannel: ChannelDefinition = {
  options: objectSchema({}),
  create: () => requestsChannelOf,
};
