import { readAnswer } from '@cooperbench/core';
import { withTimeout } from '@cooperbench/core/deadline';
import { CooperBenchError, getMessage } from '@cooperbench/core/errors';
import type { ListFileEntry } from '@huggingface/hub';
import {
  createConnectionLostError,
  createInvalidResponseError,
  createRefusal,
  type DatasetRef,
} from './hub-refusal.ts';
import type { HubSettings } from './hub-settings.ts';
import { type Retries, withRetries } from './retry.ts';

/** A connection without data for this long counts as lost. */
const silenceMs = 60_000;
const maxFiles = 100_000;

/**
 * One dataset on the Hub. Uses `@huggingface/hub` for the revision and the listing. Does not use it for downloads, because it
 * sends the token to the storage, requests each file twice and retries nothing.
 */
export class Hub {
  readonly #settings: HubSettings;
  readonly #dataset: DatasetRef;
  readonly #retries: Retries;

  constructor(settings: HubSettings, datasetRef: DatasetRef, retries: Retries) {
    this.#settings = settings;
    this.#dataset = datasetRef;
    this.#retries = retries;
  }

  /** Resolves the revision to its commit. */
  async commit(): Promise<string> {
    const { datasetInfo } = await import('@huggingface/hub');
    const { dataset: name, revision } = this.#dataset;
    const { sha } = await this.#valid(() =>
      datasetInfo({ name, revision, additionalFields: ['sha'], ...this.#createClient() }),
    );
    if (/^[0-9a-f]{40}$/.test(sha)) return sha;
    throw createInvalidResponseError(this.#settings, 'it names no commit');
  }

  /** Lists every file of a commit. */
  async files(commit: string): Promise<ListFileEntry[]> {
    const { listFiles } = await import('@huggingface/hub');
    const repo = { type: 'dataset', name: this.#dataset.dataset } as const;
    return this.#valid(async () => {
      const files: ListFileEntry[] = [];
      for await (const entry of listFiles({
        repo,
        revision: commit,
        recursive: true,
        ...this.#createClient(),
      })) {
        if (entry.type === 'file') files.push(entry);
        if (files.length > maxFiles)
          throw createInvalidResponseError(this.#settings, `more than ${maxFiles} files`);
      }
      return files;
    });
  }

  /** Makes one attempt to download a file. @throws TemporaryFailure; the error of a refusal. */
  async *content(commit: string, path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const name = path.split('/').map(encodeURIComponent).join('/');
    const url = `${this.#settings.endpoint}/datasets/${this.#dataset.dataset}/resolve/${commit}/${name}`;
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(new Error(`no data for ${silenceMs / 1000} s`)), silenceMs);
    try {
      const combinedSignal = AbortSignal.any([signal, silence.signal]);
      const response = await this.#request(url, { 'accept-encoding': 'identity' }, combinedSignal);
      for await (const chunk of response.body ?? []) {
        timer.refresh();
        yield chunk;
      }
    } catch (error) {
      throw error instanceof TypeError || silence.signal.aborted
        ? createConnectionLostError(this.#settings, error)
        : error;
    } finally {
      clearTimeout(timer);
    }
  }

  #createClient(): { hubUrl: string; fetch: typeof fetch } {
    return { hubUrl: this.#settings.endpoint, fetch: (input, init) => this.#answer(String(input), init) };
  }

  /** Reads a complete answer, with retries. */
  #answer(url: string, init: RequestInit | undefined): Promise<Response> {
    const attempt = async (signal: AbortSignal): Promise<Response> => {
      const response = await this.#request(url, Object.fromEntries(new Headers(init?.headers)), signal);
      const body = await readAnswer(response.body).catch((error: unknown) => {
        throw createConnectionLostError(this.#settings, error);
      });
      return new Response(new Uint8Array(body), response);
    };
    const createTimeoutError = (): Error =>
      createConnectionLostError(this.#settings, new Error(`no answer within ${silenceMs / 1000} s`));
    return withRetries(
      () => withTimeout(silenceMs, attempt, createTimeoutError, this.#retries.signal),
      this.#retries,
    );
  }

  async #request(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    const { endpoint, token } = this.#settings;
    const isOwnHost = token !== undefined && new URL(url).origin === new URL(endpoint).origin;
    const authorization = isOwnHost ? { authorization: `Bearer ${token}` } : {};
    // fetch drops the token when a redirect leads to another origin.
    const response = await fetch(url, { headers: { ...headers, ...authorization }, signal }).catch(
      (error) => {
        throw createConnectionLostError(this.#settings, error);
      },
    );
    if (response.ok) return response;
    await response.body?.cancel();
    throw createRefusal(response, this.#settings, this.#dataset);
  }

  /** Explains errors of `@huggingface/hub` itself, which are about unexpected answers. */
  async #valid<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      this.#retries.signal.throwIfAborted();
      throw CooperBenchError.is(error)
        ? error
        : createInvalidResponseError(this.#settings, getMessage(error));
    }
  }
}
