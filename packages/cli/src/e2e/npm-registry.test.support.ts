import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { runServer } from 'verdaccio';

/** A registry on loopback, to which anybody may publish packages whose names begin as ours do. */
export interface NpmRegistry extends AsyncDisposable {
  readonly url: string;
  /** Makes npm use it, and nothing of the user's settings and keys. */
  readonly env: Readonly<Record<string, string>>;
  /** Where it keeps tarballs, as `NAME/FILE.tgz`. */
  readonly storage: string;
}

const ours = /^\/(-\/|cooperbench|@cooperbench(\/|%2f))/i;

/**
 * Starts it, with what it stores in its own folder. It redirects requests for all other packages to the registry
 * that npm on this machine uses, whose answers npm has in its cache.
 */
export async function npmRegistry(folder: string): Promise<NpmRegistry> {
  mkdirSync(folder);
  const storage = join(folder, 'storage');
  const config = {
    storage,
    configPath: join(folder, 'config.yaml'),
    packages: { '**': { access: ['$anonymous'], publish: ['$anonymous'] } },
    web: { enable: false },
    log: { type: 'file', path: join(folder, 'log'), level: 'warn' },
  };
  const verdaccio: Server = await runServer(config as unknown as Parameters<typeof runServer>[0]);
  const others = usersRegistry();
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (ours.test(path)) verdaccio.emit('request', request, response);
    else response.writeHead(302, { location: new URL(`.${path}`, others).href }).end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const userconfig = join(folder, 'npmrc');
  // npm refuses to publish without a key; this registry takes any.
  writeFileSync(userconfig, `${url.replace('http:', '')}:_authToken=anybody\n`);
  return {
    url,
    env: {
      npm_config_registry: url,
      npm_config_userconfig: userconfig,
      npm_config_update_notifier: 'false',
      npm_config_audit: 'false',
      npm_config_fund: 'false',
    },
    storage,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Publishes a tarball without starting npm, and never to another registry. */
export async function publish(registry: string, tarball: string, tag = 'latest'): Promise<void> {
  const content = readFileSync(tarball);
  const words = ['-xOf', tarball, 'package/package.json'];
  const manifest = JSON.parse(execFileSync('tar', words, { encoding: 'utf8' }));
  const { name, version } = manifest as { name: string; version: string };
  const file = basename(tarball);
  const dist = {
    integrity: `sha512-${createHash('sha512').update(content).digest('base64')}`,
    tarball: `${registry}${name}/-/${file}`,
  };
  await write(`${registry}${name.replace('/', '%2f')}`, {
    ...{ _id: name, name, 'dist-tags': { [tag]: version } },
    versions: { [version]: { ...manifest, _id: `${name}@${version}`, dist } },
    _attachments: { [file]: { data: content.toString('base64'), length: content.length } },
  });
}

/** Gives a version a tag, as `npm dist-tag add` does. */
export async function tagVersion(
  registry: string,
  name: string,
  version: string,
  tag: string,
): Promise<void> {
  await write(`${registry}-/package/${name}/dist-tags/${tag}`, version);
}

async function write(url: string, body: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json', authorization: 'Bearer anybody' };
  const response = await fetch(url, { method: 'PUT', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`PUT ${url}: ${response.status} ${await response.text()}`);
}

function usersRegistry(): string {
  const words = ['config', 'get', 'registry'];
  return execFileSync('npm', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}
