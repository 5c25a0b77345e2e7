import { setTimeout as delay } from 'node:timers/promises';
import { withTimeout } from '@cooperbench/core/deadline';
import { CooperBenchError } from '@cooperbench/core/errors';
import { Redis, type RedisOptions } from 'ioredis';
import type { Address } from './address.ts';
import {
  createClosedError,
  createUnavailableError,
  createUnreachableError,
  explainReply,
  isPassing,
  replyCode,
} from './faults.ts';
import type { RedisBusOptions } from './options.ts';

/** A connection counts as dead when a request stays unanswered for this long. */
const deadAfterMs = 15_000;
const retryMs = 50;

/** A connection to Redis. Reconnects by itself, and repeats requests that a lost connection interrupted. */
export class Connection implements AsyncDisposable {
  readonly label: string;
  readonly #client: Redis;
  readonly #limits: Required<Pick<RedisBusOptions, 'connectTimeoutMs' | 'outageMs'>>;
  #first: Promise<void> | undefined;
  #established = false;
  #disposed = false;
  #last: unknown;

  constructor(address: Address, limits: Required<Pick<RedisBusOptions, 'connectTimeoutMs' | 'outageMs'>>) {
    this.label = address.label;
    this.#limits = limits;
    const options: RedisOptions = {
      ...address.client,
      lazyConnect: true,
      protocol: 2,
      connectionName: 'cooperbench',
      disableClientInfo: true,
      connectTimeout: limits.connectTimeoutMs,
      socketTimeout: deadAfterMs,
      autoResendUnfulfilledCommands: false,
      // A lost connection rejects its requests immediately. `run` repeats them.
      maxRetriesPerRequest: 0,
      retryStrategy: (attempts) => (this.#established ? Math.min(20 * 2 ** attempts, 1000) : null),
    };
    this.#client = new Redis({ ...options, replyMapping: 'legacy' });
    this.#client.on('error', (error) => {
      this.#last = error;
    });
  }

  /** Calls `callback` whenever the connection is established, including the first time. */
  onReady(callback: () => void): void {
    this.#client.on('ready', callback);
  }

  /** Connects once. After a failure, the next call tries again. @throws ConfigError when Redis cannot be used. */
  connect(): Promise<void> {
    this.#first ??= this.#connect().catch((error: unknown) => {
      this.#first = undefined;
      throw error;
    });
    return this.#first;
  }

  /**
   * Runs `work`, and repeats it while Redis is away, starting or full. So `work` must be repeatable. @throws CooperBenchError
   * when Redis refuses, or `REDIS_UNAVAILABLE`.
   */
  async run<T>(work: (client: Redis) => Promise<T>, waitMs: number = this.#limits.outageMs): Promise<T> {
    await this.connect();
    const deadline = performance.now() + waitMs;
    let reply: unknown;
    for (;;) {
      try {
        return await withTimeout(
          Math.max(0, deadline - performance.now()),
          () => work(this.#client),
          () => createUnavailableError(this.label, waitMs, reply ?? this.#last),
        );
      } catch (error) {
        if (this.#disposed) throw createClosedError(this.label);
        if (!isPassing(error)) throw explainReply(error, this.label, CooperBenchError);
        const code = replyCode(error);
        // The loss of a connection that was closed here, because of a replica, says nothing new.
        if (code !== undefined || replyCode(reply) !== 'READONLY') reply = code && error;
        // After a failover, this server may be a replica. A new connection may reach the primary.
        if (code === 'READONLY') this.#client.disconnect(true);
        await delay(Math.min(retryMs, Math.max(0, deadline - performance.now())));
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#client.disconnect();
  }

  async #connect(): Promise<void> {
    if (this.#disposed) throw createClosedError(this.label);
    const { connectTimeoutMs } = this.#limits;
    this.#last = undefined;
    try {
      await withTimeout(
        connectTimeoutMs,
        () => this.#client.connect(),
        () => createUnreachableError(new Error(`no answer within ${connectTimeoutMs} ms`), this.label),
      );
      // If the server refuses the requested database, ioredis continues with database 0.
      if ((this.#last as { command?: { name?: string } } | undefined)?.command?.name === 'select')
        throw this.#last;
      this.#established = true;
    } catch (error) {
      this.#client.disconnect();
      throw createUnreachableError(CooperBenchError.is(error) ? error : (this.#last ?? error), this.label);
    }
  }
}
