import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A file of the dataset on the hub of a test. `lfs` and `xet` come from a storage at another origin. */
export interface HubFile {
  readonly path: string;
  readonly content: string | Buffer;
  readonly kind?: 'plain' | 'lfs' | 'xet';
}

/** What goes wrong with the next `times` requests whose method and URL match. */
export interface Fault {
  readonly at: RegExp;
  readonly times?: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The connection ends after this much of the content. */
  readonly cutAfter?: number;
  /** Wrong content in place of the file's. */
  readonly content?: Buffer;
}

export interface SeenRequest {
  readonly server: 'hub' | 'storage';
  readonly url: string;
  readonly authorization: string | undefined;
}

/** The Hub's API as far as the client asks for it, on loopback, with a storage at its own origin. */
export class TestHub implements AsyncDisposable {
  readonly revisions: Map<string, { readonly sha: string; readonly files: readonly HubFile[] }> = new Map();
  readonly seen: SeenRequest[] = [];
  faults: Fault[] = [];
  /** Set: who does not send it gets 401. */
  token: string | undefined;
  pageSize = 100;
  /** Bytes a second of every answer with content; absent: as fast as it goes. */
  bytesPerSecond: number | undefined;
  readonly #hub: Server = createServer((request, response) => this.#answer('hub', request, response));
  readonly #storage: Server = createServer((request, response) => this.#answer('storage', request, response));
  readonly #left: Map<Fault, number> = new Map();

  static async start(files: readonly HubFile[] = []): Promise<TestHub> {
    const hub = new TestHub();
    await Promise.all(
      [hub.#hub, hub.#storage].map(
        (server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)),
      ),
    );
    hub.publish('main', files);
    return hub;
  }

  get url(): string {
    return getOrigin(this.#hub);
  }

  /** Returns a new commit, under a name and its own. */
  publish(name: string, files: readonly HubFile[]): string {
    const sha = computeSha1(`${this.revisions.size}`);
    for (const key of [name, sha]) this.revisions.set(key, { sha, files });
    return sha;
  }

  /** Requests for content. */
  get downloads(): SeenRequest[] {
    return this.seen.filter(({ url }) => url.includes('/resolve/'));
  }

  #answer(server: SeenRequest['server'], request: IncomingMessage, response: ServerResponse): unknown {
    const { authorization } = request.headers;
    const url = request.url ?? '';
    this.seen.push({ server, url, authorization });
    const fault = this.#findFault(`${server} ${url}`);
    if (fault?.status !== undefined)
      return response.writeHead(fault.status, fault.headers).end(fault.body ?? '');
    if (server === 'hub' && this.token !== undefined && authorization !== `Bearer ${this.token}`)
      return json(response, { error: 'Invalid username or password.' }, 401);
    const { pathname, searchParams } = new URL(url, this.url);
    const parts = pathname.split('/').map(decodeURIComponent);
    if (parts[1] === 'api' && parts[5] === 'revision') return this.#info(response, parts[6] ?? '');
    if (parts[1] === 'api' && parts[5] === 'tree')
      return this.#tree(response, parts[6] ?? '', Number(searchParams.get('cursor') ?? 0));
    if (parts[4] === 'resolve') return this.#resolve(response, parts[5] ?? '', parts.slice(6).join('/'));
    const [, , sha = '', ...path] = parts;
    const file = this.#findFile(sha, path.join('/'));
    if (!file) return response.writeHead(404).end();
    this.#send(response, fault?.content ?? Buffer.from(file.content), fault?.cutAfter);
  }

  #findFault(request: string): Fault | undefined {
    const fault = this.faults.find(
      (candidate) => candidate.at.test(request) && (this.#left.get(candidate) ?? candidate.times ?? 1) > 0,
    );
    if (fault) this.#left.set(fault, (this.#left.get(fault) ?? fault.times ?? 1) - 1);
    return fault;
  }

  #findFile(sha: string, path: string): HubFile | undefined {
    return this.revisions.get(sha)?.files.find((file) => file.path === path);
  }

  #info(response: ServerResponse, revision: string): unknown {
    const revisionFiles = this.revisions.get(revision);
    if (!revisionFiles) return sendNotFound(response, 'RevisionNotFound');
    json(response, {
      _id: '1',
      id: 'CodeConflict/cooperbench-dataset',
      sha: revisionFiles.sha,
      lastModified: '2026-01-23T00:00:00.000Z',
    });
  }

  #tree(response: ServerResponse, revision: string, from: number): unknown {
    const revisionFiles = this.revisions.get(revision);
    if (!revisionFiles) return sendNotFound(response, 'RevisionNotFound');
    const folders = [...new Set(revisionFiles.files.map(({ path }) => path.split('/')[0] ?? ''))];
    const entries = [
      ...folders.map((path) => ({ type: 'directory', path, size: 0, oid: computeSha1(path) })),
      ...revisionFiles.files.map(buildTreeEntry),
    ];
    const next = from + this.pageSize;
    if (next < entries.length) {
      const link = `${this.url}/api/datasets/CodeConflict/cooperbench-dataset/tree/${revision}?recursive=true&cursor=${next}`;
      response.setHeader('link', `<${link}>; rel="next"`);
    }
    json(response, entries.slice(from, next));
  }

  /** As the Hub: plain files from its own cache, the others from the storage, both by redirect. */
  #resolve(response: ServerResponse, sha: string, path: string): unknown {
    const file = this.#findFile(sha, path);
    if (!file) return sendNotFound(response, 'EntryNotFound');
    const entry = buildTreeEntry(file);
    const location = `/content/${sha}/${path.split('/').map(encodeURIComponent).join('/')}`;
    if (!entry.lfs) return response.writeHead(307, { location, etag: `"${entry.oid}"` }).end();
    response
      .writeHead(302, {
        location: `${getOrigin(this.#storage)}${location}`,
        'x-linked-etag': `"${entry.lfs.oid}"`,
        'x-linked-size': String(entry.lfs.size),
      })
      .end();
  }

  #send(response: ServerResponse, body: Buffer, cutAfter: number | undefined): unknown {
    response.writeHead(200, { 'content-length': body.length });
    if (cutAfter !== undefined) return response.write(body.subarray(0, cutAfter), () => response.destroy());
    if (this.bytesPerSecond === undefined) return response.end(body);
    const piece = Math.max(1, Math.ceil(this.bytesPerSecond / 50));
    let sentBytes = 0;
    const timer = setInterval(() => {
      response.write(body.subarray(sentBytes, sentBytes + piece));
      sentBytes += piece;
      if (sentBytes < body.length && !response.destroyed) return;
      clearInterval(timer);
      response.end();
    }, 20);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      [this.#hub, this.#storage].map((server) => {
        server.closeAllConnections();
        return new Promise((resolve) => server.close(resolve));
      }),
    );
  }
}

interface TreeEntry {
  readonly type: string;
  readonly path: string;
  readonly size: number;
  readonly oid: string;
  readonly lfs?: { readonly oid: string; readonly size: number; readonly pointerSize: number };
  readonly xetHash?: string;
}

function buildTreeEntry({ path, content, kind = 'plain' }: HubFile): TreeEntry {
  const bytes = Buffer.from(content);
  const git = (blob: Buffer): string =>
    computeSha1(Buffer.concat([Buffer.from(`blob ${blob.length}\0`), blob]));
  if (kind === 'plain') return { type: 'file', path, size: bytes.length, oid: git(bytes) };
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const pointer = Buffer.from(
    `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${bytes.length}\n`,
  );
  return {
    type: 'file',
    path,
    size: bytes.length,
    oid: git(pointer),
    lfs: { oid: sha256, size: bytes.length, pointerSize: pointer.length },
    ...(kind === 'xet' ? { xetHash: createHash('sha256').update('xet').update(bytes).digest('hex') } : {}),
  };
}

function computeSha1(content: string | Buffer): string {
  return createHash('sha1').update(content).digest('hex');
}

function getOrigin(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function json(response: ServerResponse, value: unknown, status = 200): void {
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
    .end(JSON.stringify(value));
}

function sendNotFound(response: ServerResponse, code: string): void {
  response.setHeader('x-error-code', code);
  json(response, { error: code }, 404);
}
