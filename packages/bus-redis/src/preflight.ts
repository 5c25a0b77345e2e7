import { randomUUID } from 'node:crypto';
import { ConfigError, CooperBenchError } from '@cooperbench/core/errors';
import type { Connection } from './connection.ts';
import type { RedisBusOptions } from './options.ts';

/** Checks the server with the transaction of a run, on a key that does not exist and is not created. Resolves with warnings. @throws ConfigError when it cannot be used. */
export async function checkServer(
  connection: Connection,
  { keyPrefix, connectTimeoutMs }: Required<RedisBusOptions>,
): Promise<readonly string[]> {
  try {
    const info = await connection.run((client) => client.info(), connectTimeoutMs).catch(ignoreMissingInfo);
    const findValue = (name: string): string | undefined =>
      new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1];
    if (findValue('cluster_enabled') === '1')
      throw new ConfigError(
        'REDIS_CLUSTER',
        `${connection.label} is a Redis Cluster, which is not supported.`,
        {
          hint: 'Name a single server.',
        },
      );
    const key = `${keyPrefix}preflight:${randomUUID()}`;
    await connection.run(async (client) => {
      const probe = client.multi().xadd(key, 'NOMKSTREAM', '*', 'type', 'probe');
      const replies = (await probe.pexpire(key, 1000).xrange(key, '-', '+').exec()) ?? [];
      for (const [error] of replies) if (error) throw error;
    }, connectTimeoutMs);
    const policy = findValue('maxmemory_policy') ?? 'noeviction';
    if (policy === 'noeviction' || findValue('maxmemory') === '0') return [];
    return [
      `${connection.label} removes keys when its memory is full (${policy}). A trial whose messages it removes fails with REDIS_LOST.`,
    ];
  } catch (error) {
    if (!CooperBenchError.is(error)) throw error;
    throw new ConfigError(error.code, error.message, { hint: error.hint });
  }
}

/** Returns empty information if the account may not read it. */
function ignoreMissingInfo(error: unknown): string {
  if (CooperBenchError.is(error) && error.code === 'REDIS_PERMISSION') return '';
  throw error;
}
