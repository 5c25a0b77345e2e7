import type { SessionObjects } from '@cooperbench/backend-kit';
import type { Bucket, File, Storage } from '@google-cloud/storage';
import { faults } from '../faults.ts';

/** Sessions are below this. A rule of the bucket deletes what is older than a week, whatever happens to its owner. */
const root = 'cooperbench/';
const rule = { action: { type: 'Delete' as const }, condition: { age: 7, matchesPrefix: [root] } };
const access = { uniformBucketLevelAccess: { enabled: true }, publicAccessPrevention: 'enforced' };

/** Builds the options of a bucket. */
export function buildBucket(location: string) {
  return { location, iamConfiguration: access, lifecycle: { rule: [rule] } };
}

/** Sessions as folders in a bucket. */
export class SessionBucket implements SessionObjects {
  readonly #storage: Storage;
  readonly #bucket: Bucket;
  readonly #location: string;

  constructor(storage: Storage, bucket: string, location: string) {
    this.#storage = storage;
    this.#bucket = storage.bucket(bucket);
    this.#location = location;
  }

  async open(): Promise<void> {
    const [exists] = await this.#bucket.exists();
    if (!exists) {
      await this.#storage.createBucket(this.#bucket.name, buildBucket(this.#location));
      return;
    }
    const [{ lifecycle }] = await this.#bucket.getMetadata();
    const hasRule = lifecycle?.rule?.some(({ condition }) => condition?.matchesPrefix?.includes(root));
    if (!hasRule) await this.#bucket.addLifecycleRule(rule);
  }

  /** Returns the path that a machine mounts to see a session's objects. */
  pathOf(session: string): string {
    return `${this.#bucket.name}/${root}${session}/`;
  }

  async sessionsWith(name: string): Promise<string[]> {
    const files = await this.#list(`${root}*/${name}`).catch((error: unknown) => {
      if (!faults.isNotFound(error)) throw error;
      return [];
    });
    return files.map((file) => file.name.split('/')[1] ?? '');
  }

  async listNames(session: string, ending: string): Promise<string[]> {
    const files = await this.#list(`${root}${session}/*${ending}`);
    return files.map((file) => file.name.split('/')[2] ?? '');
  }

  // By plain requests: the client's downloads take twice the processor time and print warnings, its uploads a little more.
  async write(session: string, name: string, content: string | Uint8Array): Promise<void> {
    const [url, params] = [`/upload/storage/v1/b/${this.#bucket.name}/o`, { uploadType: 'media' }];
    const object = `${root}${session}/${name}`;
    await this.#request({ method: 'POST', url, params: { ...params, name: object }, data: content });
  }

  async read(session: string, name: string): Promise<Buffer> {
    const object = encodeURIComponent(`${root}${session}/${name}`);
    const url = `/storage/v1/b/${this.#bucket.name}/o/${object}`;
    return Buffer.from(await this.#request({ url, params: { alt: 'media' } }));
  }

  async remove(session: string): Promise<void> {
    await this.#bucket.deleteFiles({ prefix: `${root}${session}/`, force: true });
  }

  async #list(matchGlob: string): Promise<File[]> {
    const prefix = matchGlob.slice(0, matchGlob.indexOf('*'));
    const [files] = await this.#bucket.getFiles({ prefix, matchGlob, fields: 'items(name),nextPageToken' });
    return files;
  }

  async #request(request: { url: string; method?: 'POST'; params: object; data?: string | Uint8Array }) {
    const retryConfig = { retry: 4, httpMethodsToRetry: ['GET', 'POST'] };
    const { apiEndpoint, authClient } = this.#storage;
    const url = `${apiEndpoint}${request.url}`;
    const response = await authClient.request<ArrayBuffer>({
      ...request,
      url,
      retryConfig,
      responseType: 'arraybuffer',
    });
    return response.data;
  }
}
