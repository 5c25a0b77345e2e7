import {
  type Cancellable,
  type Mailbox,
  type MessageBus,
  TrialMailboxes,
  untilAborted,
} from '@cooperbench/core';
import type { CooperBenchError } from '@cooperbench/core/errors';
import { parseAddress } from './address.ts';
import { Connection } from './connection.ts';
import { createClosedError } from './faults.ts';
import { defaults, type RedisBusOptions } from './options.ts';
import { checkServer } from './preflight.ts';
import { TrialLog } from './trial-log.ts';

/** How long the end of a seat or of a run may wait for Redis. */
const closeMs = 2000;
const hourMs = 3_600_000;
const ignore = (): void => {};

interface Trial {
  readonly mailboxes: TrialMailboxes;
  readonly log: TrialLog;
}

/** Stores every message in a Redis stream, then delivers it in memory. One connection serves all trials. */
export class RedisBus implements MessageBus {
  readonly #options: Required<RedisBusOptions>;
  readonly #connection: Connection;
  readonly #ttlMs: number;
  readonly #trials = new Map<string, Trial>();
  /** The runs whose streams this bus has written to. */
  readonly #runs = new Set<string>();
  readonly #expiry: NodeJS.Timeout;
  #disposing: Promise<void> | undefined;

  /** Does not connect yet. @throws ConfigError `REDIS_URL`. */
  constructor(options: RedisBusOptions = {}) {
    this.#options = { ...defaults, ...options };
    this.#connection = new Connection(parseAddress(this.#options.url), this.#options);
    this.#ttlMs = Math.ceil(this.#options.ttlHours * hourMs);
    // A restart of the server may lose data. It also ends the connection, so this checks after each new connection.
    this.#connection.onReady(() => {
      for (const { log } of this.#trials.values()) log.verify().catch(ignore);
    });
    // Renews three times during a key's lifetime, so that one renewal may fail.
    this.#expiry = setInterval(() => this.#renew().catch(ignore), Math.min(this.#ttlMs / 3, hourMs));
    this.#expiry.unref();
  }

  /** Writes nothing. An abort disposes the bus. */
  async preflight({ signal }: Cancellable = {}): Promise<readonly string[]> {
    signal?.throwIfAborted();
    const abort = (): void => void this[Symbol.asyncDispose]();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await checkServer(this.#connection, this.#options);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  async open(name: string, seat: string, { signal }: Cancellable = {}): Promise<Mailbox> {
    signal?.throwIfAborted();
    const { mailboxes, log } = this.#trials.get(name) ?? this.#begin(name);
    const mailbox = mailboxes.open(seat);
    let closePromise: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      await mailbox[Symbol.asyncDispose]();
      await log.append('seat_closed', { seat }, closeMs).catch(ignore);
    };
    try {
      await untilAborted(log.append('seat_opened', { seat }), signal);
    } catch (error) {
      await mailbox[Symbol.asyncDispose]();
      throw error;
    }
    return {
      ...mailbox,
      [Symbol.asyncDispose]: () => {
        closePromise ??= close();
        return closePromise;
      },
    };
  }

  async beginPhase(name: string, phase: string, { signal }: Cancellable = {}): Promise<void> {
    const log = this.#trials.get(name)?.log;
    if (log) await untilAborted(log.append('phase_started', { phase }), signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposing ??= this.#dispose();
    return this.#disposing;
  }

  /** Core names a trial `<run>/<trial>`. */
  #begin(name: string): Trial {
    const [run = '', ...rest] = name.split('/');
    this.#runs.add(run);
    const mailboxes = new TrialMailboxes({
      keep: ({ sentAt, ...message }, takers) =>
        log.append('message', { ...message, sentAt: String(sentAt), takers: JSON.stringify(takers) }),
      onClosed: () => this.#trials.delete(name),
    });
    const log = this.#log(run, rest.join('/'), (error) => mailboxes.fail(error));
    this.#trials.set(name, { mailboxes, log });
    return { mailboxes, log };
  }

  #log(run: string, trial: string, onLost?: (error: CooperBenchError) => void): TrialLog {
    const [connection, key, ttlMs] = [this.#connection, this.#getKey(run), this.#ttlMs];
    return new TrialLog({ connection, key, trial, ttlMs, ...(onLost && { onLost }) });
  }

  #getKey(run: string): string {
    return `${this.#options.keyPrefix}run:${run}`;
  }

  async #renew(): Promise<void> {
    for (const run of this.#runs)
      await this.#connection.run((client) => client.pexpire(this.#getKey(run), this.#ttlMs));
  }

  async #dispose(): Promise<void> {
    clearInterval(this.#expiry);
    for (const { mailboxes } of this.#trials.values())
      mailboxes.fail(createClosedError(this.#connection.label));
    await Promise.allSettled([...this.#runs].map((run) => this.#log(run, '').append('ended', {}, closeMs)));
    await this.#connection[Symbol.asyncDispose]();
  }
}
