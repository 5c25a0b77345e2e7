import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { Connection } from '../connection/connect.ts';
import { pullImage } from './pull.ts';

const limit = 'toomanyrequests: You have reached your unauthenticated pull rate limit.';

/** Pulls from a daemon that answers with this. */
function pull(createImage: () => Promise<NodeJS.ReadableStream>): Promise<void> {
  const endpoint = { host: 'unix:///var/run/docker.sock', from: 'the default' };
  const connection = { docker: { createImage }, endpoint } as unknown as Connection;
  return pullImage(connection, 'x/y:1', undefined, undefined, new AbortController().signal);
}

test.for<[string, () => Promise<NodeJS.ReadableStream>]>([
  [
    'before the transfer',
    async () => {
      throw Object.assign(new Error(limit), { statusCode: 429 });
    },
  ],
  ['during the transfer', async () => Readable.from([Buffer.from(`${JSON.stringify({ error: limit })}\n`)])],
])("a registry's limit of pulls is a matter of capacity: %s", async ([, createImage]) => {
  await expect(pull(createImage)).rejects.toMatchObject({
    ...{ code: 'DOCKER_BUSY', capacity: {}, hint: 'docker login raises the limit.' },
    message: `Could not pull x/y:1: the registry limits how much is pulled: ${limit}`,
  });
});

test('a refusal by the registry stays', async () => {
  const refused = async () => {
    throw Object.assign(new Error('pull access denied'), { statusCode: 404 });
  };
  await expect(pull(refused)).rejects.toMatchObject({
    ...{ code: 'DOCKER_IMAGE', capacity: undefined, retryable: false },
  });
});
