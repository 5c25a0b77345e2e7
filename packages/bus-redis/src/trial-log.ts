import { randomUUID } from 'node:crypto';
import { CooperBenchError } from '@cooperbench/core/errors';
import type { ChainableCommander } from 'ioredis';
import type { Connection } from './connection.ts';

export interface TrialLogOptions {
  readonly connection: Connection;
  /** The key of the run's stream. */
  readonly key: string;
  readonly trial: string;
  readonly ttlMs: number;
  readonly onLost?: (error: CooperBenchError) => void;
}

/** Writes the events of one trial to the stream of its run. */
export class TrialLog {
  readonly #options: TrialLogOptions;
  /** The last message that Redis acknowledged. While Redis has it, no earlier one is lost. */
  #last: string | undefined;

  constructor(options: TrialLogOptions) {
    this.#options = options;
  }

  /**
   * Resolves once Redis has acknowledged the entry. If an answer is lost, Redis has the entry twice, with the same id.
   * @throws CooperBenchError, such as `REDIS_LOST` when Redis no longer has an earlier message.
   */
  async append(type: string, fields: Readonly<Record<string, string>>, waitMs?: number): Promise<void> {
    const { key, trial, ttlMs } = this.#options;
    const entry = { type, trial, id: randomUUID(), ...fields };
    const last = this.#last;
    const transaction = (pipeline: ChainableCommander): ChainableCommander => {
      pipeline.xadd(key, '*', ...Object.entries(entry).flat()).pexpire(key, ttlMs);
      return last === undefined ? pipeline : pipeline.xrange(key, last, last);
    };
    const [addedId, , heldEntries] = await this.#run(transaction, waitMs);
    if (type === 'message') this.#last = addedId as string;
    if (last !== undefined) this.#expect(heldEntries as unknown[]);
  }

  /** Checks that Redis still has the last message. @throws CooperBenchError `REDIS_LOST` when it does not. */
  async verify(): Promise<void> {
    const { connection, key } = this.#options;
    const last = this.#last;
    if (last === undefined) return;
    this.#expect(await connection.run((client) => client.xrange(key, last, last)));
  }

  async #run(
    transaction: (pipeline: ChainableCommander) => ChainableCommander,
    waitMs: number | undefined,
  ): Promise<unknown[]> {
    const { connection, key } = this.#options;
    try {
      return await connection.run(async (client) => {
        const replies = (await transaction(client.multi()).exec()) ?? [];
        for (const [error] of replies) if (error) throw error;
        return replies.map(([, reply]) => reply);
      }, waitMs);
    } catch (error) {
      if (!CooperBenchError.is(error) || error.code !== 'REDIS_KEY_TYPE') throw error;
      const problem = `${connection.label} holds something other than a stream at ${key}.`;
      throw new CooperBenchError(error.code, problem, { hint: error.hint });
    }
  }

  #expect(heldEntries: readonly unknown[]): void {
    if (heldEntries.length > 0) return;
    const { connection, trial, onLost } = this.#options;
    const error = new CooperBenchError(
      'REDIS_LOST',
      `${connection.label} lost messages of ${trial} that it had accepted.`,
      {
        hint: 'Let Redis keep what it accepts: appendonly yes, appendfsync always, maxmemory-policy noeviction.',
      },
    );
    if (this.#last !== undefined) {
      this.#last = undefined;
      this.append('lost', {}).catch(() => {});
      onLost?.(error);
    }
    throw error;
  }
}
