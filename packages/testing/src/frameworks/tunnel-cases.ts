// This file has more than 250 lines, because it is one list of short, independent cases.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type Forwarder, openTunnel, type Tunnel } from '@cooperbench/agent-kit/tunnel';
import { runCommand, type Workspace } from '@cooperbench/core';

const MiB = 1 << 20;
/** Every program that can forward a tunnel. */
export const forwarders: readonly Forwarder[] = ['python3', 'perl', 'node'];

export interface TunnelCase {
  readonly name: string;
  check(tunnel: Tunnel, workspace: Workspace): Promise<void>;
}

/** Opens a tunnel for a case, and disposes of it. */
export async function checkTunnel(
  tunnelCase: TunnelCase,
  workspace: Workspace,
  forwarder: Forwarder,
): Promise<void> {
  await using tunnel = await openTunnel(workspace, { forwarders: [forwarder] });
  assert.equal(tunnel.forwarder, forwarder);
  await tunnelCase.check(tunnel, workspace);
}

async function echo(tunnel: Tunnel): Promise<number> {
  return tunnel.listen(0, (connection) => void connection.pipe(connection));
}

const buildBody = (bytes: number): Buffer =>
  Buffer.from(Uint8Array.from({ length: bytes }, (_, n) => n % 251));

/** Sends everything, ends, and returns what comes back. */
async function through(connection: Duplex, sentBytes: Buffer): Promise<Buffer> {
  connection.end(sentBytes);
  return buffer(connection);
}

/** The cases that every forwarder passes on every backend. */
export const tunnelCases: readonly TunnelCase[] = [
  {
    name: 'a program has its input, outputs, directory, environment and exit code',
    async check(tunnel, { repoDir }) {
      const script = 'pwd; echo "$GREETING"; cat; echo oops >&2; exit 7';
      const env = { GREETING: 'a=b\nc' };
      const result = await runCommand(tunnel, ['sh', '-c', script], { env, stdin: 'given' });
      assert.equal(result.stdout.toString(), `${repoDir}\na=b\nc\ngiven`);
      assert.equal(result.stderr.toString(), 'oops\n');
      assert.equal(result.exitCode, 7);
      const resultElsewhere = await runCommand(tunnel, ['pwd', ''], { cwd: '/' });
      assert.equal(resultElsewhere.stdout.toString(), '/\n');
    },
  },
  {
    name: 'a missing program and a missing directory are exit codes',
    async check(tunnel) {
      const missing = await runCommand(tunnel, ['no-such-program']);
      assert.equal(missing.exitCode, 127);
      assert.notEqual(missing.stderr.toString(), '');
      const nowhere = await runCommand(tunnel, ['true'], { cwd: '/no/such/directory' });
      assert.ok([126, 127].includes(nowhere.exitCode));
    },
  },
  {
    name: 'a large stream goes through a program whole',
    async check(tunnel) {
      const sentBytes = buildBody(3 * MiB);
      const { stdout } = await runCommand(tunnel, ['cat'], { stdin: sentBytes });
      assert.ok(stdout.equals(sentBytes));
    },
  },
  {
    name: 'a program is killed with its children, and an abort does the same',
    async check(tunnel, workspace) {
      const stop = new AbortController();
      for (const signal of [undefined, stop.signal]) {
        const program = await tunnel.exec(['sh', '-c', 'sleep 1000 & echo $!; wait'], { signal });
        const reader = program.stdout.getReader();
        const child = Buffer.from((await reader.read()).value ?? [])
          .toString()
          .trim();
        if (signal) {
          stop.abort(new Error('enough'));
          await assert.rejects(program.wait(), /enough/);
        } else {
          await program.kill();
          assert.equal(await program.wait(), 137);
        }
        await assertGone(workspace, child);
      }
    },
  },
  {
    name: 'a child that holds the output open does not delay its end',
    async check(tunnel) {
      const { stdout } = await runCommand(tunnel, ['sh', '-c', 'echo first; sleep 1000 & exit 0']);
      assert.equal(stdout.toString(), 'first\n');
    },
  },
  {
    name: 'twenty connections at once carry their own bytes, both ways, to the end',
    async check(tunnel) {
      const port = await echo(tunnel);
      await Promise.all(
        Array.from({ length: 20 }, async (_, n) => {
          const sentBytes = buildBody(100_000 + n);
          assert.ok((await through(await tunnel.connect(port), sentBytes)).equals(sentBytes));
        }),
      );
    },
  },
  {
    name: 'a large body goes through a connection whole',
    async check(tunnel) {
      const sentBytes = buildBody(3 * MiB);
      assert.ok((await through(await tunnel.connect(await echo(tunnel)), sentBytes)).equals(sentBytes));
    },
  },
  {
    name: 'a program that reads nothing, and one whose output nobody reads, delay nothing else',
    async check(tunnel) {
      const deaf = await tunnel.exec(['sleep', '1000']);
      const unread = await tunnel.exec(['sh', '-c', 'head -c 4000000 /dev/zero; echo done >&2']);
      let hasWritten = false;
      const writing = deaf.stdin
        .getWriter()
        .write(buildBody(4 * MiB))
        .then(
          () => {
            hasWritten = true;
          },
          () => {},
        );
      const sentBytes = buildBody(2 * MiB);
      assert.ok((await through(await tunnel.connect(await echo(tunnel)), sentBytes)).equals(sentBytes));
      assert.equal(hasWritten, false);
      let printed = 0;
      for await (const chunk of unread.stdout) printed += chunk.byteLength;
      assert.equal(printed, 4_000_000);
      await deaf.kill();
      await writing;
    },
  },
  {
    name: 'an HTTP server of the host answers in the sandbox',
    async check(tunnel) {
      const server = createServer((request, response) => void request.pipe(response));
      const port = await tunnel.listen(0, (connection) => void server.emit('connection', connection));
      const connection = await tunnel.connect(port);
      const sentBytes = buildBody(MiB);
      const upload = request({ method: 'POST', createConnection: () => connection as never });
      upload.on('error', () => {});
      upload.end(sentBytes);
      const [response] = await once(upload, 'response');
      assert.ok((await buffer(response)).equals(sentBytes));
    },
  },
  {
    name: 'a program in the sandbox reaches a port of the tunnel',
    async check(tunnel) {
      const port = await tunnel.listen(0, (connection) => void connection.end('from the host'));
      const client: Readonly<Record<Forwarder, readonly string[]>> = {
        python3: [
          'python3',
          '-c',
          `import socket; print(socket.create_connection(("127.0.0.1", ${port})).recv(99).decode(), end="")`,
        ],
        perl: [
          'perl',
          '-MSocket',
          '-e',
          `socket(S, PF_INET, SOCK_STREAM, 0); connect(S, pack_sockaddr_in(${port}, INADDR_LOOPBACK)) or die; print <S>`,
        ],
        node: ['node', '-e', `require('net').connect(${port}, '127.0.0.1').pipe(process.stdout)`],
      };
      const { stdout, stderr } = await runCommand(tunnel, client[tunnel.forwarder]);
      assert.equal(stdout.toString(), 'from the host', stderr.toString());
    },
  },
  {
    name: 'a connection that one side destroys closes for the other',
    async check(tunnel) {
      const sockets: Duplex[] = [];
      const port = await tunnel.listen(0, (connection) => void sockets.push(connection.resume()));
      const connection = await tunnel.connect(port);
      connection.write('x');
      while (sockets.length === 0) await new Promise((resolve) => setImmediate(resolve));
      connection.destroy();
      const [socket] = sockets;
      if (socket && !socket.closed) await Promise.race([once(socket, 'close'), once(socket, 'end')]);
    },
  },
  {
    name: 'a port where nothing listens, and one that is taken, are refused',
    async check(tunnel) {
      await assert.rejects(tunnel.connect(1), { code: 'TUNNEL_PORT' });
      const port = await echo(tunnel);
      await assert.rejects(
        tunnel.listen(port, () => {}),
        { code: 'TUNNEL_PORT' },
      );
    },
  },
  {
    name: 'disposing ends everything that runs, and nothing starts afterwards',
    async check(tunnel, workspace) {
      const program = await tunnel.exec(['sh', '-c', 'sleep 1000 & echo $!; wait']);
      const child = Buffer.from((await program.stdout.getReader().read()).value ?? [])
        .toString()
        .trim();
      const connection = await tunnel.connect(await echo(tunnel));
      await tunnel[Symbol.asyncDispose]();
      await assert.rejects(program.wait(), { code: 'TUNNEL_LOST' });
      assert.ok(connection.destroyed);
      await assertGone(workspace, child);
      await assert.rejects(tunnel.exec(['true']), { code: 'TUNNEL_LOST' });
      assert.equal(tunnel.lost.aborted, false);
    },
  },
  {
    name: 'a forwarder that dies ends the tunnel, and the reason is in the sandbox',
    async check(tunnel) {
      const sleepProcess = await tunnel.exec(['sleep', '1000']);
      const rejected = assert.rejects(sleepProcess.wait(), { name: 'SandboxError', code: 'TUNNEL_ENDED' });
      await tunnel.exec(['sh', '-c', 'kill -9 $PPID']);
      await rejected;
      assert.equal(tunnel.lost.reason.code, 'TUNNEL_ENDED');
      await assert.rejects(tunnel.connect(1), { code: 'TUNNEL_ENDED' });
    },
  },
];

/**
 * Lists the cases in which a backend's `exec` decides as much as the forwarder: its streams, how it ends a process, and what
 * it says of one that ended.
 */
export function listCasesOfExec(): readonly TunnelCase[] {
  return [
    'a program in the sandbox reaches a port of the tunnel',
    'an HTTP server of the host answers in the sandbox',
    'twenty connections at once carry their own bytes, both ways, to the end',
    'a port where nothing listens, and one that is taken, are refused',
    'disposing ends everything that runs, and nothing starts afterwards',
    'a forwarder that dies ends the tunnel, and the reason is in the sandbox',
  ].map(
    (name) =>
      tunnelCases.find((tunnelCase) => tunnelCase.name === name) ?? assert.fail(`no case is named "${name}"`),
  );
}

/** Opens a tunnel, takes its sandbox away with `lose`, and checks that infrastructure is the reason of all that ends. */
export async function checkLoss(workspace: Workspace, lose: () => Promise<void>): Promise<void> {
  await using tunnel = await openTunnel(workspace);
  const program = await tunnel.exec(['sleep', '1000']);
  const connection = await tunnel.connect(await echo(tunnel));
  const rejection = assert.rejects(buffer(connection), { name: 'SandboxError', code: 'SANDBOX_LOST' });
  const programEnd = assert.rejects(program.wait(), { name: 'SandboxError', code: 'SANDBOX_LOST' });
  await lose();
  await Promise.all([rejection, programEnd]);
  assert.equal(tunnel.lost.reason.code, 'SANDBOX_LOST');
  await assert.rejects(tunnel.exec(['true']), { code: 'SANDBOX_LOST' });
}

async function assertGone(workspace: Workspace, pid: string): Promise<void> {
  assert.match(pid, /^\d+$/);
  // A zombie waits for its parent only.
  const script =
    'while kill -0 $1 2>/dev/null; do case $(cat /proc/$1/status) in *"(zombie)"*) break ;; esac; sleep 0.05; done';
  await runCommand(workspace, ['sh', '-c', script, 'sh', pid]);
}
