import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import {
  type AddressInfo,
  createServer as createTcp,
  connect as dial,
  type Server,
  type Socket,
} from 'node:net';
import { join } from 'node:path';
import { createServer as createTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { runCommand } from '@cooperbench/core';
import { afterEach, expect, test, vi } from 'vitest';
import { bases, describeDocker, sampleSpec, temporaryFolder } from '../docker.test.support.ts';
import { DockerBackend } from '../docker-backend.ts';
import { findEndpoint } from './endpoint.ts';

const [, image] = bases;
const socketPath = findEndpoint().host.replace('unix://', '');

function openssl(folder: string, ...argv: string[]): void {
  execFileSync('openssl', argv, { cwd: folder, stdio: 'ignore' });
}

/** Returns a folder as DOCKER_CERT_PATH wants it, with one certificate that signs itself for both sides. */
function certificates(): string {
  const folder = temporaryFolder();
  openssl(
    folder,
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', 'key.pem', '-out', 'cert.pem'],
  );
  openssl(folder, 'x509', '-in', 'cert.pem', '-out', 'ca.pem');
  return folder;
}

/** Returns the daemon's socket as a port, until the test ends. */
async function doorTo(make: (onSocket: (socket: Socket) => void) => Server): Promise<number> {
  const sockets = new Set<Socket>();
  const server = make((socket) => {
    const inside = dial({ path: socketPath, allowHalfOpen: true });
    for (const [left, right] of [
      [socket, inside],
      [inside, socket],
    ] as const) {
      sockets.add(left);
      left.pipe(right);
      left.on('error', () => right.destroy());
    }
  }).listen(0, '127.0.0.1');
  doors.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  return (server.address() as AddressInfo).port;
}

const doors: (() => void)[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const close of doors.splice(0)) close();
});

async function works(): Promise<void> {
  await using backend = new DockerBackend({ network: 'none', pull: 'never' });
  await using sandbox = await backend.create(sampleSpec('/no/task', { image }));
  const stdin = new Uint8Array(3 << 20).fill(7);
  const { stdout, stderr, exitCode } = await runCommand(sandbox, ['sh', '-c', 'cat; echo end >&2; exit 3'], {
    stdin,
    cwd: '/',
  });
  expect([stdout.length, stderr.toString(), exitCode]).toEqual([stdin.length, 'end\n', 3]);
}

describeDocker('a daemon elsewhere', () => {
  test('over TCP, half-closing input', async () => {
    const port = await doorTo((onSocket) => createTcp({ allowHalfOpen: true }, onSocket));
    vi.stubEnv('DOCKER_HOST', `tcp://127.0.0.1:${port}`);
    await works();
  });

  test('over TLS with certificates on both sides, half-closing input', async () => {
    const folder = certificates();
    const read = (name: string): Buffer => readFileSync(join(folder, name));
    const tls = { key: read('key.pem'), cert: read('cert.pem'), ca: read('ca.pem'), requestCert: true };
    const port = await doorTo((onSocket) => createTls({ ...tls, allowHalfOpen: true } as object, onSocket));
    vi.stubEnv('DOCKER_HOST', `tcp://localhost:${port}`);
    vi.stubEnv('DOCKER_TLS_VERIFY', '1');
    vi.stubEnv('DOCKER_CERT_PATH', folder);
    await works();
    const other = certificates();
    for (const name of ['key.pem', 'cert.pem']) writeFileSync(join(other, name), read(name));
    vi.stubEnv('DOCKER_CERT_PATH', other);
    await expect(new DockerBackend().preflight()).rejects.toThrow(
      'No Docker daemon answers at tcp://localhost:',
    );
    vi.stubEnv('DOCKER_TLS_VERIFY', '');
    vi.stubEnv('DOCKER_TLS', '1');
    expect(await new DockerBackend({ network: 'none' }).preflight()).toEqual([]);
  });

  const mayBecomeAnother = process.getuid?.() === 0;
  test.skipIf(!mayBecomeAnother)('a socket one may not use', () => {
    const module = fileURLToPath(new URL('../docker-backend.ts', import.meta.url));
    const program = `
      process.setgid(65534); process.setgroups([]); process.setuid(65534);
      const { DockerBackend } = await import(${JSON.stringify(module)});
      await new DockerBackend().preflight().catch((error) => console.log(error.name, error.code, error.message));`;
    const argv = ['-C', '@cooperbench/source', '--input-type=module', '-e', program];
    const { stdout } = spawnSync(process.execPath, argv, {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      env: { ...process.env, DOCKER_CONFIG: '/nonexistent' },
    });
    expect(stdout.toString()).toBe(
      `ConfigError DOCKER_PERMISSION You may not use the Docker daemon's socket at unix://${socketPath} (the default).\n`,
    );
  });
});
