import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { type BackendCase, readOutput, shell, withFreshSandbox } from './backend-subject.ts';

/** Prints the names of a sandbox's network interfaces. */
const interfaces = 'while IFS=: read -r name rest; do [ -z "$rest" ] || echo $name; done </proc/net/dev';

/** Promises about the network of sandboxes. */
export const networkCases: readonly BackendCase[] = [
  {
    name: 'resolveNetwork says which network sandboxes have',
    check: async (subject) => {
      const { backend } = subject;
      assert.ok(backend.resolveNetwork, 'resolveNetwork is absent: results would record the network unknown');
      const networkModes = ['open', 'none', 'host'];
      const [open, noneMode] = [await backend.resolveNetwork('open'), await backend.resolveNetwork('none')];
      assert.ok(networkModes.includes(open), `for open, it says ${open}, not ${networkModes.join(', ')}`);
      assert.ok(
        networkModes.includes(noneMode) && noneMode !== 'open',
        `for none, it says ${noneMode}, not none or host`,
      );
      if (noneMode === 'host') return;
      const spec = { ...subject.spec(), network: 'none' } as const;
      await withFreshSandbox({ ...subject, spec: () => spec }, async (sandbox) =>
        assert.equal(await readOutput(sandbox, interfaces), 'lo\n', 'it says none, but there is a network'),
      );
    },
  },
  {
    name: 'with network none, a sandbox has loopback and reaches nothing else',
    needs: 'isolation',
    check: async (subject) => {
      let connectionCount = 0;
      const server = createServer((socket) => {
        connectionCount += 1;
        socket.destroy();
      }).listen(0);
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const hosts = Object.values(networkInterfaces())
        .flat()
        .filter((info) => info?.family === 'IPv4')
        .map((info) => info?.address ?? '');
      const spec = { ...subject.spec(), network: 'none' } as const;
      try {
        await withFreshSandbox({ ...subject, spec: () => spec }, async (sandbox) => {
          assert.equal(await readOutput(sandbox, interfaces), 'lo\n');
          // The only program that connects in every image.
          const connect = 'for url; do git ls-remote "$url" || echo refused; done';
          const urls = [...hosts, 'localhost'].map((host) => `git://${host}:${port}/x`);
          const args = [...urls, 'git://name.invalid/x'];
          const { stdout } = await shell(sandbox, connect, { args });
          assert.equal(stdout.toString(), 'refused\n'.repeat(args.length));
          assert.equal(connectionCount, 0);
        });
      } finally {
        server.close();
      }
    },
  },
];
