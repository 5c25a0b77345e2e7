import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, describe } from 'vitest';

function version(): string | undefined {
  try {
    return execFileSync('redis-server', ['--version'], { encoding: 'utf8' });
  } catch {
    return undefined;
  }
}

const missing = version() === undefined && process.env.COOPERBENCH_REQUIRE_SERVICES !== '1';

/** Returns `describe`, or one that skips its tests and says why in its title. They start their own servers. */
export function describeRedis(name: string, tests: () => void): void {
  if (missing) describe.skip(`${name} (skipped: redis-server is not installed)`, tests);
  else describe(name, tests);
}

const cleanups: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

/** Returns a folder that lives until a file's tests end. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bus-redis-'));
  cleanups.push(async () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A redis-server on loopback in a temporary folder, without persistence unless the arguments ask for it. */
export class TestServer {
  readonly port: number;
  readonly folder: string;
  readonly #args: readonly string[];
  #process: ChildProcess | undefined;
  #admin: Redis | undefined;

  private constructor(port: number, folder: string, args: readonly string[]) {
    this.port = port;
    this.folder = folder;
    this.#args = args;
  }

  static async start(...args: string[]): Promise<TestServer> {
    const server = new TestServer(await freePort(), temporaryFolder(), args);
    cleanups.push(() => server.stop());
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get socket(): string {
    return join(this.folder, 'redis.sock');
  }

  /** Returns the test's own connection, over the socket. */
  get admin(): Redis {
    if (this.#admin) return this.#admin;
    this.#admin = new Redis({ path: this.socket, protocol: 2, retryStrategy: () => 50 });
    this.#admin.on('error', () => {});
    return this.#admin;
  }

  async start(): Promise<void> {
    const own = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--unixsocket', this.socket];
    const child = spawn('redis-server', [...own, '--dir', this.folder, '--save', '', ...this.#args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process = child;
    await new Promise<void>((resolve, reject) => {
      let output = '';
      child.stdout?.on('data', (chunk) => {
        output += chunk;
        if (/Ready to accept connections/.test(output)) resolve();
      });
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`redis-server ended: ${output}`)));
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Resolves when the process has ended. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await exit;
  }

  async stop(): Promise<void> {
    this.#admin?.disconnect();
    this.signal('SIGCONT');
    await this.kill();
  }

  /** Returns the entries of a stream, oldest first. */
  async entries(key: string): Promise<Partial<Record<string, string>>[]> {
    const entries = await this.admin.xrange(key, '-', '+');
    return entries.map(([, values]) =>
      Object.fromEntries(
        values.flatMap((value, n) => (n % 2 === 0 ? [[value, values[n + 1] as string]] : [])),
      ),
    );
  }

  /** Returns whether a client waits for new entries. */
  async hasWaitingReader(): Promise<boolean> {
    return /blocked_clients:[1-9]/.test(await this.admin.info('clients'));
  }

  async connections(): Promise<number> {
    const list = await this.admin.call('CLIENT', 'LIST');
    return String(list)
      .split('\n')
      .filter((line) => line.includes('name=cooperbench')).length;
  }
}

export const texts = (messages: readonly { readonly text: string }[]): string[] =>
  messages.map(({ text }) => text);
