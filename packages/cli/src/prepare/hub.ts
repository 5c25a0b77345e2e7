import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { CooperBenchError, messageOf } from '@cooperbench/core/errors';
import type { ListFileEntry } from '@huggingface/hub';
import { type Asked, lost, misunderstood, refusal } from './hub-refusal.ts';
import type { HubSettings } from './hub-settings.ts';
import { Passing, type Patience, patiently } from './patience.ts';

/** A connection that has been silent for this long is lost. */
const silenceMs = 60_000;
const mostFiles = 100_000;

/** One dataset on the Hub. Its own client asks for revision and listing; every request of it passes through here. */
export class Hub {
  readonly #settings: HubSettings;
  readonly #asked: Asked;
  readonly #patience: Patience;
  /** After a 429, no download begins before this; all share one limit. */
  #quietUntil = 0;

  constructor(settings: HubSettings, asked: Asked, patience: Patience) {
    this.#settings = settings;
    this.#asked = asked;
    this.#patience = patience;
  }

  /** The commit that the revision stands for. */
  async commit(): Promise<string> {
    const { datasetInfo } = await import('@huggingface/hub');
    const { dataset: name, revision } = this.#asked;
    const { sha } = await this.#understood(() =>
      datasetInfo({ name, revision, additionalFields: ['sha'], ...this.#client() }),
    );
    if (/^[0-9a-f]{40}$/.test(sha)) return sha;
    throw misunderstood(this.#settings, 'it names no commit');
  }

  /** Every file of a commit. */
  async files(commit: string): Promise<ListFileEntry[]> {
    const { listFiles } = await import('@huggingface/hub');
    const repo = { type: 'dataset', name: this.#asked.dataset } as const;
    return this.#understood(async () => {
      const files: ListFileEntry[] = [];
      for await (const entry of listFiles({ repo, revision: commit, recursive: true, ...this.#client() })) {
        if (entry.type === 'file') files.push(entry);
        if (files.length > mostFiles) throw misunderstood(this.#settings, `more than ${mostFiles} files`);
      }
      return files;
    });
  }

  /**
   * One attempt at a file's content from an offset; `from` says where it begins, 0 where the server knows no ranges.
   * Not by the client: its blob hides whether the range was honoured, and why a download ended.
   * @throws Passing; the errors of a refusal.
   */
  async content(
    commit: string,
    path: string,
    offset: number,
    signal: AbortSignal,
  ): Promise<{ from: number; body: AsyncIterable<Uint8Array> }> {
    const { endpoint } = this.#settings;
    const name = path.split('/').map(encodeURIComponent).join('/');
    const quietMs = this.#quietUntil - Date.now();
    if (quietMs > 0) await delay(quietMs, undefined, { signal });
    const idle = silence();
    const response = await this.#request(
      `${endpoint}/datasets/${this.#asked.dataset}/resolve/${commit}/${name}`,
      { 'accept-encoding': 'identity', ...(offset > 0 ? { range: `bytes=${offset}-` } : {}) },
      AbortSignal.any([signal, idle.signal]),
    );
    if (response.status === 416) {
      // There is not even as much as was already had: begin again.
      await response.body?.cancel();
      return { from: 0, body: Readable.from([]) };
    }
    const from = response.status === 206 ? rangeStart(response) : 0;
    if (from !== 0 && from !== offset) throw misunderstood(this.#settings, `another range of ${path}`);
    return { from, body: this.#body(response, idle) };
  }

  async *#body(response: Response, idle: ReturnType<typeof silence>): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of response.body ?? []) {
        idle.broken();
        yield chunk;
      }
    } catch (error) {
      throw lost(this.#settings, error);
    } finally {
      idle.over();
    }
  }

  #client(): { hubUrl: string; fetch: typeof fetch } {
    return { hubUrl: this.#settings.endpoint, fetch: (input, init) => this.#answer(String(input), init) };
  }

  /** A whole answer, asked for until it comes. */
  #answer(url: string, init: RequestInit | undefined): Promise<Response> {
    return patiently(async () => {
      const signal = AbortSignal.any([this.#patience.signal, AbortSignal.timeout(silenceMs)]);
      const response = await this.#request(url, Object.fromEntries(new Headers(init?.headers)), signal);
      const body = await response.arrayBuffer().catch((error: unknown) => {
        throw lost(this.#settings, error);
      });
      return new Response(body, response);
    }, this.#patience);
  }

  async #request(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    const { endpoint, token } = this.#settings;
    const ours = token !== undefined && new URL(url).origin === new URL(endpoint).origin;
    let response: Response;
    try {
      // fetch itself drops the token when it is redirected to another origin.
      response = await fetch(url, {
        headers: { ...headers, ...(ours ? { authorization: `Bearer ${token}` } : {}) },
        signal,
      });
    } catch (error) {
      throw lost(this.#settings, error);
    }
    if (response.ok || response.status === 416) return response;
    await response.body?.cancel();
    const refused = refusal(response, this.#settings, this.#asked);
    if (response.status === 429 && refused instanceof Passing)
      this.#quietUntil = Math.max(this.#quietUntil, Date.now() + (refused.waitMs ?? 0));
    throw refused;
  }

  /** The client's own errors are about answers it did not expect. */
  async #understood<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      this.#patience.signal.throwIfAborted();
      if (CooperBenchError.is(error)) throw error;
      throw misunderstood(this.#settings, messageOf(error));
    }
  }
}

function silence(): { signal: AbortSignal; broken: () => void; over: () => void } {
  const controller = new AbortController();
  const reason = new Error(`silent for ${silenceMs / 1000} s`);
  const timer = setTimeout(() => controller.abort(reason), silenceMs).unref();
  return { signal: controller.signal, broken: () => timer.refresh(), over: () => clearTimeout(timer) };
}

function rangeStart({ headers }: Response): number {
  return Number(/^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1] ?? Number.NaN);
}
