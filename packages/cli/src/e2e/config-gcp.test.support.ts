import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll } from 'vitest';
import type { Scratch } from './cli.test.support.ts';

/** Google's three APIs, as far as they are asked here. */
let server: Server;
let refusal: Refusal | undefined;

interface Refusal {
  readonly path: string;
  readonly status: number;
  readonly body: object;
}

/** The project's buckets, by name, with what they were made with. */
export const buckets = new Map<string, object>();

/** Makes requests to a path fail, until the next environment. */
export function refuse(refused: Refusal): void {
  refusal = refused;
}

beforeAll(async () => {
  const zones = ['us-central1-a', 'us-central1-b', 'europe-west1-b'].map((name) => ({ name }));
  const answer = async (request: IncomingMessage): Promise<[status: number, body: object]> => {
    const { url = '', method } = request;
    if (refusal && url.includes(refusal.path)) return [refusal.status, refusal.body];
    if (url.includes('/zones')) return [200, { items: zones }];
    if (method === 'POST') {
      const { name, ...made } = (await json(request)) as { name: string };
      buckets.set(name, made);
      return [200, { name }];
    }
    const [, bucket] = /^\/storage\/v1\/b\/([^/]+)\/o/.exec(url) ?? [];
    const missing = { error: { code: 404, message: 'The specified bucket does not exist.' } };
    return bucket === undefined || buckets.has(bucket) ? [200, {}] : [404, missing];
  };
  server = createServer((request, response) => {
    void answer(request).then(([status, body]) => response.writeHead(status).end(JSON.stringify(body)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => void server.close());

/** `signedIn`: with credentials, which are never sent to a server on loopback. */
export function environmentOf(scratch: Scratch, { signedIn = true } = {}): Record<string, string> {
  refusal = undefined;
  buckets.clear();
  buckets.set('files', {});
  const bin = join(scratch.root, 'bin');
  mkdirSync(bin, { recursive: true });
  const credentials = join(scratch.root, 'adc.json');
  const content = JSON.stringify({
    type: 'authorized_user',
    client_id: 'c',
    client_secret: 's',
    refresh_token: 'r',
  });
  const script = `#!/bin/sh
case "$*" in
  --version) echo "Google Cloud SDK 500.0.0" ;;
  "config get-value project") echo from-gcloud ;;
  "auth application-default login") mkdir -p "$CLOUDSDK_CONFIG"; printf %s '${content}' > "$CLOUDSDK_CONFIG/application_default_credentials.json" ;;
esac
`;
  writeFileSync(join(bin, 'gcloud'), script);
  chmodSync(join(bin, 'gcloud'), 0o755);
  if (signedIn) writeFileSync(credentials, content);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    PATH: `${bin}:${process.env.PATH}`,
    ...Object.fromEntries(
      ['COMPUTE', 'BATCH', 'STORAGE'].map((name) => [`CLOUDSDK_API_ENDPOINT_OVERRIDES_${name}`, url]),
    ),
    METADATA_SERVER_DETECTION: 'none',
    CLOUDSDK_CONFIG: join(scratch.root, 'gcloud'),
    XDG_CONFIG_HOME: join(scratch.root, 'config'),
    ...(signedIn && { GOOGLE_APPLICATION_CREDENTIALS: credentials }),
  };
}

export const savedIn = (scratch: Scratch): string =>
  readFileSync(join(scratch.root, 'config/cooperbench/config.yaml'), 'utf8');
