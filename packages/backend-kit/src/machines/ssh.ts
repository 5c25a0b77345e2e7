import { spawn } from 'node:child_process';
import { connect as dial } from 'node:net';
import { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { buildChildEnvironment, SandboxError } from '@cooperbench/core';
import ssh2, { type Client, type ClientChannel } from 'ssh2';
import { Reachability, type StartedProcess } from '../index.ts';
import { type Connections, startDetached } from './detached-command.ts';

/** How a machine is reached. */
export interface Destination {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** OpenSSH's format. Never leaves this process. */
  readonly privateKey: string;
  /** The only key that the host may have: its type and Base64. */
  readonly hostKey: string;
  /** A command whose standard input and output lead to the host's SSH server. */
  readonly proxy?: readonly string[] | undefined;
  /** How long a host that cannot be reached is tried again. */
  readonly outageMs: number;
}

/** A key pair in OpenSSH's format. */
export interface KeyPair {
  readonly public: string;
  readonly private: string;
}

/** Returns a new key pair. ssh2 makes about one in 256 that nothing can read (mscdex/ssh2#1390), which is thrown away. */
export function generateKeyPair(): KeyPair {
  for (;;) {
    const keys = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'cooperbench' });
    if (!(ssh2.utils.parseKey(keys.private) instanceof Error)) return keys;
  }
}

interface Connection {
  readonly client: Promise<Client>;
  channels: number;
}

/** By default, sshd takes 10 sessions on a connection. */
const maxChannels = 8;
const maxReadyMs = 20_000;
/** How often a connection that is silent is asked for a sign of life, before it is given up and another is made. */
const keepaliveCountMax = 3;
const computeKeepaliveMs = (outageMs: number): number => Math.min(7000, outageMs / 5);
/** Between two attempts to reach a host, at most. */
const retryMs = 5000;

/** Shells on a machine, over as many connections as they need. */
export class Ssh {
  readonly #destination: Destination;
  readonly #connections = new Set<Connection>();
  readonly reachability: Reachability = new Reachability();
  #closed = false;

  constructor(destination: Destination) {
    this.#destination = destination;
  }

  /**
   * Runs a line in the user's shell. With `beforeRetry`, a host that cannot be reached, also while the line runs, is tried again
   * for `outageMs`, unless that rejects.
   */
  start(line: string, beforeRetry?: () => Promise<void>): Promise<StartedProcess> {
    const { outageMs } = this.#destination;
    const open: Connections['open'] = (attach, reconnect) => this.#open(attach, reconnect);
    return startDetached(line, { open, outageMs }, beforeRetry);
  }

  async #open(line: string, beforeRetry: (() => Promise<void>) | undefined): Promise<ClientChannel> {
    const { outageMs } = this.#destination;
    const untilMs = performance.now() + outageMs;
    for (;;) {
      // A command whose connection ended with the machine must not make another.
      if (this.#closed) throw new Error('the SSH connection closed');
      const connection =
        [...this.#connections].find((candidate) => candidate.channels < maxChannels) ?? this.#connect();
      connection.channels += 1;
      try {
        return await startShell(connection, line);
      } catch (error) {
        connection.channels -= 1;
        // The wrong host key is no outage.
        const isHopeless = SandboxError.is(error) || this.#closed || performance.now() >= untilMs;
        if (isHopeless || !beforeRetry) throw error;
        await beforeRetry();
        await delay(Math.min(retryMs, outageMs / 10));
        if (this.#closed) throw error;
      }
    }
  }

  close(): void {
    this.#closed = true;
    for (const { client } of this.#connections)
      client.then(
        (connected) => connected.end(),
        () => {},
      );
  }

  #connect(): Connection {
    let heardAt = performance.now();
    const client = connect(this.#destination, () => {
      heardAt = performance.now();
      this.reachability.heard();
    });
    const connection = { client, channels: 0 };
    const forget = (): void => {
      this.#connections.delete(connection);
      if (!this.#closed) this.reachability.cut(heardAt);
    };
    this.#connections.add(connection);
    client.then((connected) => connected.once('close', forget), forget);
    return connection;
  }
}

async function startShell(connection: Connection, line: string): Promise<ClientChannel> {
  const client = await connection.client;
  return new Promise<ClientChannel>((resolve, reject) => {
    const lose = (): void => reject(new Error('the SSH connection closed'));
    client.once('close', lose);
    client.exec(line, (error, channel) => {
      client.off('close', lose);
      if (error) return reject(error);
      channel.once('close', () => {
        connection.channels -= 1;
      });
      resolve(channel);
    });
  });
}

/** @throws SandboxError `MACHINE_HOST_KEY`, and the errors of ssh2 and of sockets. */
function connect(
  { host, port, user, hostKey, privateKey, proxy, outageMs }: Destination,
  onHeard: () => void,
): Promise<Client> {
  const { promise, resolve, reject } = Promise.withResolvers<Client>();
  const client = new ssh2.Client();
  const [keyType = '', keyData = ''] = hostKey.split(' ');
  const tunnel = proxy && spawnProxyCommand(proxy);
  const sock = tunnel?.stream ?? dial({ host, port, noDelay: true });
  sock.on('data', onHeard);
  client.once('ready', () => resolve(client));
  client.on('error', (error) => {
    if (!tunnel) return reject(error);
    // What the command says is the reason why the connection broke.
    tunnel
      .end()
      .then((complaint) => reject(complaint === '' ? error : new Error(`${error.message}: ${complaint}`)));
  });
  client.once('close', () => {
    void tunnel?.end();
    if (!tunnel) reject(new Error('the connection closed'));
  });
  client.connect({
    sock,
    readyTimeout: Math.min(maxReadyMs, outageMs),
    ...{ keepaliveInterval: computeKeepaliveMs(outageMs), keepaliveCountMax },
    username: user,
    privateKey,
    algorithms: { serverHostKey: [keyType as 'ssh-ed25519'] },
    hostVerifier(key: Buffer) {
      if (key.toString('base64') === keyData) return true;
      reject(
        new SandboxError(
          'MACHINE_HOST_KEY',
          `Another machine answers at ${host}: its host key is not the expected one.`,
        ),
      );
      return false;
    },
  });
  return promise;
}

/** `end` resolves with the end of what the command said. */
function spawnProxyCommand([command = '', ...args]: readonly string[]): {
  stream: Duplex;
  end(): Promise<string>;
} {
  const gcloud = Object.keys(process.env).filter((name) => name.startsWith('CLOUDSDK_'));
  const env = buildChildEnvironment([...gcloud, 'GOOGLE_APPLICATION_CREDENTIALS']);
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const closing = Promise.withResolvers<string>();
  let complaint = '';
  child.stderr.on('data', (bytes: Buffer) => {
    complaint = `${complaint}${bytes}`.slice(-1000);
  });
  child.once('error', (error) => closing.resolve(error.message));
  child.once('close', () => closing.resolve(complaint.trim()));
  return {
    stream: Duplex.from({ readable: child.stdout, writable: child.stdin }),
    end() {
      child.kill();
      return closing.promise;
    },
  };
}
