import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A registry on loopback, behind a door that counts and may ask for a password. */
export interface Registry extends AsyncDisposable {
  readonly host: string;
  /** `user:password` to be asked for; empty: nobody is. */
  password: string;
  /** Paths of the manifests that were asked for. */
  readonly manifests: string[];
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Debian's docker-registry. */
export async function startRegistry(folder: string): Promise<Registry> {
  const port = await freePort();
  mkdirSync(join(folder, 'data'));
  const config = `version: 0.1\nlog: { level: error }\nstorage: { filesystem: { rootdirectory: ${folder}/data } }\nhttp: { addr: "127.0.0.1:${port}" }\n`;
  writeFileSync(join(folder, 'config.yml'), config);
  const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], { stdio: 'ignore' });
  const registry = { password: '', manifests: [] as string[] };
  const door = createServer((incoming, outgoing) => {
    const input = Buffer.from(incoming.headers.authorization?.split(' ')[1] ?? '', 'base64').toString();
    if (registry.password !== '' && input !== registry.password) {
      outgoing.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end('{}');
      return;
    }
    if (incoming.url?.includes('/manifests/')) registry.manifests.push(incoming.url);
    const { url: path = '/', method = 'GET', headers } = incoming;
    const inner = request({ host: '127.0.0.1', port, path, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    inner.on('error', () => outgoing.writeHead(502).end());
    incoming.pipe(inner);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => door.once('listening', resolve));
  const host = `127.0.0.1:${(door.address() as AddressInfo).port}`;
  for (let attempt = 0; attempt < 50; attempt += 1) {
    if ((await fetch(`http://${host}/v2/`).catch(() => undefined))?.ok) break;
    await delay(100);
  }
  return Object.assign(registry, {
    host,
    async [Symbol.asyncDispose]() {
      child.kill();
      door.closeAllConnections();
      await new Promise((resolve) => door.close(resolve));
    },
  });
}
