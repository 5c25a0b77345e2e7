import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { type BackendCase, printed, shell, withFreshSandbox } from './backend-subject.ts';

/** Promises about the network of sandboxes. */
export const networkCases: readonly BackendCase[] = [
  {
    name: 'with network none, a sandbox has loopback and reaches nothing else',
    needs: 'isolation',
    check: async (subject) => {
      let reached = 0;
      const server = createServer((socket) => {
        reached += 1;
        socket.destroy();
      }).listen(0);
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const hosts = Object.values(networkInterfaces())
        .flat()
        .filter((one) => one?.family === 'IPv4')
        .map((one) => one?.address ?? '');
      const spec = { ...subject.spec(), network: 'none' } as const;
      try {
        await withFreshSandbox({ ...subject, spec: () => spec }, async (sandbox) => {
          const names = 'while IFS=: read -r name rest; do [ -z "$rest" ] || echo $name; done </proc/net/dev';
          assert.equal(await printed(sandbox, names), 'lo\n');
          // The only program that connects in every image.
          const connect = 'for url; do git ls-remote "$url" || echo refused; done';
          const urls = [...hosts, 'localhost'].map((host) => `git://${host}:${port}/x`);
          const args = [...urls, 'git://name.invalid/x'];
          const { stdout } = await shell(sandbox, connect, { args });
          assert.equal(stdout.toString(), 'refused\n'.repeat(args.length));
          assert.equal(reached, 0);
        });
      } finally {
        server.close();
      }
    },
  },
];
