import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { dirname, join } from 'node:path';

/** An answer of a fake: `status` 200 with JSON unless it says otherwise. */
export interface Answer {
  readonly status?: number;
  readonly json?: object;
  readonly bytes?: Buffer;
}

export interface FakeBucket {
  location: string;
  lifecycle?: object;
  iamConfiguration?: object;
}

/** Cloud Storage. Objects are files below `root`, so that a machine can mount them. */
export class FakeStorage {
  readonly buckets = new Map<string, FakeBucket>();
  readonly #root: string;
  /** How many objects a page of a list has. */
  page = 3;

  constructor(root: string) {
    this.#root = root;
  }

  pathOf(object: string): string {
    return join(this.#root, object);
  }

  /** Returns all objects, as `BUCKET/NAME`. */
  async objects(): Promise<string[]> {
    const files = await readdir(this.#root, { recursive: true, withFileTypes: true });
    return files
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name).slice(this.#root.length + 1))
      .sort();
  }

  async answer(request: IncomingMessage, url: URL, body: Buffer): Promise<Answer> {
    const { method = '' } = request;
    const [, bucket = '', object] =
      /^(?:\/upload)?\/storage\/v1\/b(?:\/([^/]+))?(?:\/o(?:\/(.+))?)?$/.exec(url.pathname) ?? [];
    const fakeBucket = this.buckets.get(bucket);
    if (method === 'POST' && url.pathname.endsWith('/b')) {
      const { name, ...made } = JSON.parse(body.toString()) as FakeBucket & { name: string };
      this.buckets.set(name, made);
      return { json: { name, ...made } };
    }
    if (!fakeBucket)
      return { status: 404, json: { error: { code: 404, message: 'The bucket does not exist.' } } };
    if (!url.pathname.includes('/o')) {
      if (method === 'PATCH') Object.assign(fakeBucket, JSON.parse(body.toString()));
      return { json: { name: bucket, ...fakeBucket } };
    }
    if (method === 'POST') return this.#upload(url, bucket, body);
    if (object === undefined) return this.#list(url, bucket);
    const path = this.pathOf(`${bucket}/${decodeURIComponent(object)}`);
    if (!existsSync(path)) return { status: 404, json: { error: { code: 404, message: 'No such object' } } };
    if (method === 'GET') return { bytes: await readFile(path) };
    await rm(path);
    return { status: 204 };
  }

  async #upload(url: URL, bucket: string, body: Buffer): Promise<Answer> {
    const name = url.searchParams.get('name');
    const path = this.pathOf(`${bucket}/${name}`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, body);
    return { json: { name, bucket, size: String(body.length), generation: '1' } };
  }

  async #list(url: URL, bucket: string): Promise<Answer> {
    const glob = url.searchParams.get('matchGlob');
    const pattern = new RegExp(
      `^${(glob ?? '**')
        .replaceAll('.', '\\.')
        .replaceAll('**', '.+')
        .replaceAll(/(?<!\.)\*/g, '[^/]*')}$`,
    );
    const prefix = url.searchParams.get('prefix') ?? '';
    const names = (await this.objects())
      .filter((object) => object.startsWith(`${bucket}/`))
      .map((object) => object.slice(bucket.length + 1))
      .filter((name) => name.startsWith(prefix) && (glob === null || pattern.test(name)));
    const after = url.searchParams.get('pageToken') ?? '';
    const rest = names.filter((name) => name > after);
    const page = rest.slice(0, this.page);
    const nextPageToken = page.length < rest.length ? { nextPageToken: page.at(-1) } : {};
    const items = page.map((name) => ({ name, bucket }));
    return { json: { kind: 'storage#objects', items, ...nextPageToken } };
  }
}
