import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import ssh2, { type Connection } from 'ssh2';
import { generateKeyPair } from './ssh.ts';

/** A machine as Acme's API shows it. */
export interface FakeMachine {
  readonly name: string;
  readonly zone: string;
  readonly labels: Record<string, string>;
  readonly sshUser: string;
  readonly publicKey: string;
  readonly cpus: number;
  readonly memoryMiB: number;
  readonly firstStart: string;
  readonly deleteAfterSeconds: number;
  readonly address: string;
  status: 'running' | 'stopped';
  hostKey: string | undefined;
}

/** Runs what it is asked to run in a container as a process of this machine, and ends nothing: `kill -1` would reach all. */
const docker = `#!/bin/sh
[ "$1" = exec ] || { [ "$1" != inspect ] || echo true; exit 0; }
shift
while :; do
  case $1 in
    --env=*) export "\${1#--env=}" ;;
    --*) ;;
    *) break ;;
  esac
  shift
done
shift
case "$*" in *'kill -'*) exit 1 ;; esac
exec "$@"
`;

/** The provider Acme on loopback, whose machines share one SSH server. */
export class FakeAcme implements AsyncDisposable {
  readonly machines: Map<string, FakeMachine> = new Map();
  /** Every machine that was asked for, by its zone. */
  readonly asked: string[] = [];
  readonly fullZones: Set<string> = new Set();
  /** Machines publish this key in place of the server's. Null means none. */
  hostKey: string | null | undefined;
  /** A machine disappears after somebody has looked at it once. */
  vanishing: boolean = false;
  /** What the next calls of a method answer instead. */
  readonly refusals: { readonly method: string; readonly status: number; readonly text: string }[] = [];
  readonly connections: Set<Connection> = new Set();
  readonly folder: string = mkdtempSync(join(tmpdir(), 'fake-acme-'));
  readonly #keys = generateKeyPair();
  readonly #ssh = new ssh2.Server({ hostKeys: [this.#keys.private] }, (client) => this.#serve(client));
  readonly #api = createServer((request, response) => {
    this.#answer(request).then(
      ([status, body]) =>
        response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });

  static async start(): Promise<FakeAcme> {
    const fake = new FakeAcme();
    for (const server of [fake.#ssh, fake.#api])
      await new Promise<void>((resolve) => {
        server.listen(0, '127.0.0.1', () => resolve());
      });
    writeFileSync(join(fake.folder, 'docker'), docker);
    chmodSync(join(fake.folder, 'docker'), 0o755);
    return fake;
  }

  /** Options with which the backend reaches the fake and its machines. */
  get options(): { readonly url: string; readonly sshPort: number; readonly patchesDir: string } {
    const { port } = this.#api.address() as AddressInfo;
    const { port: sshPort } = this.#ssh.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}`, sshPort, patchesDir: join(this.folder, 'patches') };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#api.closeAllConnections();
    this.#api.close();
    for (const connection of this.connections) connection.end();
    this.#ssh.close();
    rmSync(this.folder, { recursive: true });
  }

  async #answer(request: IncomingMessage): Promise<[status: number, body: unknown]> {
    const refusedCount = this.refusals.findIndex(({ method }) => method === request.method);
    const [refusal] = refusedCount < 0 ? [] : this.refusals.splice(refusedCount, 1);
    if (refusal) return [refusal.status, refusal.text];
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const [, , name = ''] = pathname.split('/');
    if (name === '') return [200, [...this.machines.values()]];
    if (request.method === 'PUT') {
      const asked = (await json(request)) as Omit<FakeMachine, 'name' | 'address' | 'status' | 'hostKey'>;
      this.asked.push(asked.zone);
      if (this.fullZones.has(asked.zone)) return [507, `${asked.zone} is full.`];
      const [type, base64] = this.#keys.public.split(' ');
      const hostKey = this.hostKey === undefined ? `${type} ${base64}` : (this.hostKey ?? undefined);
      this.machines.set(name, { ...asked, name, address: '127.0.0.1', status: 'running', hostKey });
      return [200, {}];
    }
    const machine = this.machines.get(name);
    if (!machine) return [404, `There is no machine ${name}.`];
    if (request.method === 'DELETE' || this.vanishing) this.machines.delete(name);
    return [200, machine];
  }

  #serve(client: Connection): void {
    this.connections.add(client);
    client.on('error', () => {});
    client.on('authentication', (attempt) => {
      const isKnown = [...this.machines.values()].some(({ publicKey, sshUser, status }) => {
        const key = ssh2.utils.parseKey(publicKey);
        return (
          status === 'running' &&
          attempt.method === 'publickey' &&
          !(key instanceof Error) &&
          attempt.username === sshUser &&
          attempt.key.data.equals(key.getPublicSSH())
        );
      });
      if (isKnown) attempt.accept();
      else attempt.reject(['publickey']);
    });
    client.on('session', (acceptSession) => {
      acceptSession().on('exec', (accept, _reject, { command }) => {
        const channel = accept();
        const env = { ...process.env, PATH: `${this.folder}:${process.env.PATH}`, TMPDIR: this.folder };
        const child = spawn('sh', ['-c', command], { env });
        channel.pipe(child.stdin);
        child.stdin.on('error', () => {});
        child.stdout.pipe(channel, { end: false });
        child.stderr.pipe(channel.stderr, { end: false });
        child.once('close', (code, signal) => {
          if (signal) channel.exit(signal.replace('SIG', ''));
          else channel.exit(code ?? 1);
          channel.end();
        });
      });
    });
  }
}
