import { Buffer } from 'node:buffer';
import { setTimeout as delay } from 'node:timers/promises';
import type { Message } from '../contracts/bus.ts';
import { messageOf, SandboxError } from '../contracts/errors.ts';
import type { SandboxProcess, Workspace } from '../contracts/workspace.ts';
import { lines } from '../sandbox/lines.ts';
import { attachGit } from './attach-git.ts';
import { maxMessageBytes, relayProgram } from './relay-program.ts';
import type { SeatMailbox } from './seat-mailbox.ts';
import type { GitService, TeamRepository } from './team-repository.ts';

export interface RelayOptions {
  readonly seat: string;
  readonly workspace: Workspace;
  /** Absent: `send_message` and `read_messages` answer that messaging is off. */
  readonly mailbox?: SeatMailbox | undefined;
  /** Absent: no `team` remote. */
  readonly team?: TeamRepository | undefined;
  readonly onGit: (service: GitService, exitCode: number) => void;
  readonly onLost: (reason: string) => void;
}

/** A seat that has sent this much has sent enough: a flood must not fill the host's memory. */
const quota = { messages: 10_000, bytes: 64 * 1024 * 1024 };
/** How long a reader may take to say that it has what it asked for before its messages are given back. */
const acknowledgeMs = 2000;
const lastWordMs = 300;
const maxRestarts = 5;
const maxLineChars = 2 * maxMessageBytes;

interface Request {
  readonly id: string;
  readonly op: string;
  readonly arg: string;
  readonly body: string;
}

/** Keeps one relay process running in a seat's sandbox and answers what the commands there ask. */
export class Relay implements AsyncDisposable {
  readonly #options: RelayOptions;
  readonly #stop = new AbortController();
  readonly #readers = new Map<string, () => void>();
  #process: SandboxProcess | undefined;
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #folder = '';
  #sending: Promise<unknown> = Promise.resolve();
  #sent = { messages: 0, bytes: 0 };
  #loop: Promise<void> = Promise.resolve();

  private constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Resolves once the commands are on PATH. @throws SandboxError `RELAY_FAILED` when they cannot be. */
  static async start(options: RelayOptions): Promise<Relay> {
    const relay = new Relay(options);
    const requests = await relay.#launch();
    relay.#loop = relay.#keepRunning(requests);
    return relay;
  }

  async #launch(): Promise<AsyncGenerator<string>> {
    const { workspace, seat, team } = this.#options;
    const argv = ['sh', '-c', relayProgram, 'sh', this.#folder, seat, workspace.repoDir, team ? 'git' : ''];
    const process = await workspace.exec(argv, { signal: this.#stop.signal });
    process.wait().catch(() => {});
    const complaint = new Response(process.stderr as never).text().catch(() => '');
    const requests = lines(process.stdout, maxLineChars);
    const first = await requests.next();
    if (first.done || !first.value.startsWith('ready ')) {
      await process.kill();
      throw new SandboxError(
        'RELAY_FAILED',
        `The relay of ${seat} did not start: ${(await complaint).trim() || 'it said nothing'}`,
      );
    }
    this.#folder = first.value.slice('ready '.length);
    this.#process = process;
    this.#writer = process.stdin.getWriter();
    this.#writer.closed.catch(() => {});
    return requests;
  }

  async #keepRunning(first: AsyncGenerator<string>): Promise<void> {
    let requests = first;
    for (let restarts = 0; ; restarts += 1) {
      try {
        for await (const line of requests) this.#accept(line);
      } catch {
        // The stream broke with the sandbox or the relay; a new relay is the answer to both.
      }
      if (this.#stop.signal.aborted) return;
      if (restarts === maxRestarts) return this.#options.onLost(`the relay ended ${maxRestarts + 1} times`);
      try {
        await delay(20 * 2 ** restarts, undefined, { signal: this.#stop.signal });
        requests = await this.#launch();
      } catch (error) {
        if (!this.#stop.signal.aborted) this.#options.onLost(messageOf(error));
        return;
      }
    }
  }

  #accept(line: string): void {
    const [id = '', op = '', arg = '=', body = '='] = line.split(' ');
    if (op === 'ack') this.#readers.get(id.slice('ack.'.length))?.();
    if (!/^req\.[A-Za-z0-9]{1,32}$/.test(id)) return;
    const request = { id, op, arg: decode(arg), body: decode(body) };
    this.#handle(request).catch((error: unknown) =>
      this.#answer(id, 70, `The relay failed: ${messageOf(error)}\n`),
    );
  }

  #handle(request: Request): Promise<void> {
    const { mailbox, team } = this.#options;
    const off = (what: string): Promise<void> => this.#answer(request.id, 1, `${what} is off in this run.\n`);
    if (request.op === 'git') return team ? this.#serveGit(request, team) : off('Git collaboration');
    if (!mailbox) return off('Messaging');
    if (request.op === 'read') return this.#read(request, mailbox);
    if (request.op !== 'send') return this.#answer(request.id, 2, 'The relay does not know this request.\n');
    // One after the other, so that messages keep the order in which they were sent.
    const sent = this.#sending.then(() => this.#send(request, mailbox));
    this.#sending = sent.catch(() => {});
    return sent;
  }

  async #send({ id, arg: to, body }: Request, mailbox: SeatMailbox): Promise<void> {
    const refuse = (why: string): Promise<void> => this.#answer(id, 1, `send_message: refused: ${why}\n`);
    this.#sent.messages += 1;
    this.#sent.bytes += body.length;
    if (this.#sent.messages > quota.messages || this.#sent.bytes > quota.bytes)
      return refuse('this seat has sent too much');
    if (to === this.#options.seat) return refuse(`${to} is yourself`);
    const receipts = await mailbox.send(to, body);
    if (receipts.length === 0) return refuse('there is nobody else in this trial');
    const refused = receipts.filter((receipt) => !receipt.accepted);
    const accepted = receipts.filter((receipt) => receipt.accepted).map((receipt) => receipt.to);
    const reasons = refused.map((r) =>
      r.reason === 'finished'
        ? `${r.to} has finished and will not read it`
        : `there is no ${r.to} in this trial`,
    );
    if (accepted.length === 0) return refuse(reasons.join('; '));
    return this.#answer(
      id,
      0,
      `Sent to ${accepted.join(', ')}.${reasons.length > 0 ? ` Refused: ${reasons.join('; ')}.` : ''}\n`,
    );
  }

  async #read({ id, arg }: Request, mailbox: SeatMailbox): Promise<void> {
    const waitMs = Math.min(Number(arg) * 1000 || 0, 86_400_000);
    const messages = await mailbox.take(waitMs > 0 ? { waitMs, signal: this.#stop.signal } : undefined);
    if (messages.length === 0)
      return this.#answer(id, 1, waitMs > 0 ? `No message within ${arg} s.\n` : 'No new messages.\n');
    const acknowledged = this.#acknowledgement(id);
    await this.#answer(id, 0, messages.map(formatMessage).join(''));
    if (await acknowledged) mailbox.acknowledge(messages);
    else mailbox.giveBack(messages);
  }

  async #acknowledgement(id: string): Promise<boolean> {
    const timer = new AbortController();
    const came = new Promise<boolean>((resolve) => this.#readers.set(id, () => resolve(true)));
    const late = delay(acknowledgeMs, false, {
      signal: AbortSignal.any([timer.signal, this.#stop.signal]),
    }).catch(() => false);
    const result = await Promise.race([came, late]);
    timer.abort();
    this.#readers.delete(id);
    return result;
  }

  async #serveGit({ id, arg }: Request, team: TeamRepository): Promise<void> {
    if (arg !== 'git-upload-pack' && arg !== 'git-receive-pack')
      return this.#answer(id, 1, `team: no such service\n`);
    await this.#answer(id, 0, '');
    const { seat, workspace } = this.#options;
    const exitCode = await attachGit(
      team.serve(arg, seat),
      workspace,
      `${this.#folder}/${id}`,
      this.#stop.signal,
    );
    this.#options.onGit(arg, exitCode);
  }

  async #answer(id: string, code: number, text: string): Promise<void> {
    const line = `${id} ${code} ${Buffer.from(text).toString('base64')}\n`;
    // A relay that has just died loses this; the one that follows tells the command so.
    await this.#writer?.write(Buffer.from(line)).catch(() => {});
  }

  /** Ends the relay and what it was doing. What was accepted before is kept. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sending;
    // A command that has just ended has acknowledged, but its word may still be on the way.
    for (let waited = 0; this.#readers.size > 0 && waited < lastWordMs; waited += 10) await delay(10);
    this.#stop.abort(new Error('the seat has finished'));
    await this.#process?.kill().catch(() => {});
    await this.#loop;
  }
}

/** How a message is shown to an agent. */
export function formatMessage(message: Pick<Message, 'from' | 'text'>): string {
  return `[Message from ${message.from}]: ${message.text}\n`;
}

function decode(field: string): string {
  return Buffer.from(field.slice(1), 'base64').toString('utf8');
}
