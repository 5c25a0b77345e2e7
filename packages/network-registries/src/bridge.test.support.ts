import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Forwarder } from '@cooperbench/agent-kit/tunnel';
import { runCommand } from '@cooperbench/core';
import { hostSandbox } from '@cooperbench/testing';
import { expect, test } from 'vitest';
import { withBridge } from './bridge.ts';

/** Sends a megabyte to the port, ends, and prints how many bytes came back, on several connections at once. */
const client = `const net = require('net'), port = Number(process.argv[1]);
for (let n = 0; n < 5; n += 1) {
  let count = 0;
  net.connect(port, '127.0.0.1').on('data', (data) => { count += data.length }).on('end', () => console.log(count)).end(Buffer.alloc(1 << 20));
}`;

/** Declares the cases of a bridge in this program. */
export function checkBridge(forwarder: Forwarder): void {
  test(`a bridge in ${forwarder} listens before the command starts, and carries bytes both ways to the end`, async () => {
    await using sandbox = await hostSandbox();
    const path = join(sandbox.repoDir, 'socket');
    const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(path);
    await once(server, 'listening');
    const port = await freePort();
    const argv = withBridge(forwarder, path, port, ['node', '-e', client, String(port)]);
    const { stdout, stderr, exitCode } = await runCommand(sandbox, argv);
    server.close();
    expect({ out: stdout.toString(), err: stderr.toString(), exitCode }).toEqual({
      out: '1048576\n'.repeat(5),
      err: '',
      exitCode: 0,
    });
  });

  test(`a command beside a bridge in ${forwarder} keeps its input, outputs and exit code`, async () => {
    await using sandbox = await hostSandbox();
    const run = (...argv: string[]) =>
      runCommand(sandbox, withBridge(forwarder, '/no/socket', 1, argv), { stdin: 'given' });
    const { stdout, stderr, exitCode } = await run('sh', '-c', 'cat; echo "$1" >&2; exit 7', 'sh', "a 'b'");
    expect([stdout.toString(), stderr.toString(), exitCode]).toEqual(['given', "a 'b'\n", 7]);
    expect((await run('no-such-program')).exitCode).toBe(127);
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
