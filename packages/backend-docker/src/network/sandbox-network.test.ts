import type Docker from 'dockerode';
import { expect, test, vi } from 'vitest';
import { startNetwork } from './sandbox-network.ts';

test.for([
  // Docker 20.10 and 28, for a network without a free address, and for a new network.
  "no available IPv4 addresses on this network's address pools: bridge (9f2c)",
  'all predefined address pools have been fully subnetted',
  'could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network',
])('when addresses are exhausted, the error names clean: %s', async (message) => {
  const remove = vi.fn(async () => {});
  const start = (): Promise<never> =>
    Promise.reject(
      Object.assign(new Error(`(HTTP code 500) ${message}`), { statusCode: 500, json: { message } }),
    );
  const container = { putArchive: async () => {}, attach: async () => {}, start, remove };
  const docker = { createContainer: async () => container } as unknown as Docker;
  await expect(
    startNetwork(docker, Buffer.alloc(0), 'image', { name: 'x', labels: {} }),
  ).rejects.toMatchObject({
    code: 'DOCKER_NETWORK',
    message: `Docker has no free address for a sandbox: ${message}`,
    hint: 'cooperbench clean --backend docker removes what dead runs left behind. Remove other containers that nothing uses.',
    retryable: true,
  });
  expect(remove).toHaveBeenCalledOnce();
});
