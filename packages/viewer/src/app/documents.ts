import { useEffect, useRef, useState } from 'preact/hooks';
import { type ErrorDocument, type NoteRequest, type Source, urls } from '../data/model.ts';

/** Returns whether the page is an export, which has no server. */
export function isExport(): boolean {
  const source = document.documentElement.dataset.source as Source | undefined;
  return source === 'export';
}

export type LoadState<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly message: string; readonly hint: string | null }
  | { readonly state: 'read'; readonly value: T };

/** A document is not available. */
export class DocumentError extends Error {
  readonly hint: string | null;

  constructor(message: string, hint: string | null = null) {
    super(message);
    this.hint = hint;
  }
}

/** Reads a document from the server, or in an export from its script. @throws DocumentError */
export async function load<T>(url: string): Promise<T> {
  return isExport() ? loadScript<T>(url) : loadJson<T>(url);
}

async function loadJson<T>(url: string): Promise<T> {
  let response: Response;
  let body: unknown;
  try {
    // The server answers 304 when nothing changed.
    response = await fetch(url, { cache: 'no-cache' });
    body = parseJson(await response.text());
  } catch {
    throw new DocumentError('The viewer does not answer.', 'Is `cooperbench view` still running?');
  }
  if (response.ok) return body as T;
  const { error } = body as Partial<ErrorDocument>;
  throw new DocumentError(error?.message ?? `The viewer answered ${response.status}.`, error?.hint);
}

/** Adds a note to a trial. @throws DocumentError */
export async function postNote(request: NoteRequest): Promise<void> {
  let response: Response;
  let text: string;
  try {
    const headers = { 'Content-Type': 'application/json' };
    response = await fetch(urls.notes, { method: 'POST', headers, body: JSON.stringify(request) });
    text = await response.text();
  } catch {
    throw new DocumentError('The viewer does not answer.', 'Is `cooperbench view` still running?');
  }
  if (response.ok) return;
  if (!response.headers.get('content-type')?.startsWith('application/json'))
    throw new DocumentError(text.trim());
  const { error } = parseJson(text) as ErrorDocument;
  throw new DocumentError(error.message, error.hint);
}

const resolveByUrl = new Map<string, (packed: string) => void>();

/** Scripts of an export call it. */
function deliver(url: string, packed: string): void {
  resolveByUrl.get(url)?.(packed);
}

async function loadScript<T>(url: string): Promise<T> {
  Object.assign(globalThis, { cooperbench: deliver });
  const packedText = new Promise<string>((resolve) => resolveByUrl.set(url, resolve));
  try {
    await runScript(`${url}.js`);
  } catch {
    throw new DocumentError(
      'The export does not contain this.',
      'Copy its whole folder, or export it again.',
    );
  }
  const packed = Uint8Array.from(atob(await packedText), (character) => character.charCodeAt(0));
  resolveByUrl.delete(url);
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return parseJson(await new Response(unpacked).text()) as T;
}

/**
 * Shows the characters that turn the direction of text around as what they are. With them, a text of an agent could look like
 * another: `[U+202E]` cannot.
 */
function parseJson(json: string): unknown {
  const name = (character: string): string => `[U+${character.charCodeAt(0).toString(16).toUpperCase()}]`;
  return JSON.parse(json.replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, name));
}

/** The part of the browser's Trusted Types that the page uses. */
interface Policy {
  createScriptURL(url: string): string;
}

let policy: Policy | undefined;

/** Runs a script of an export. Refuses every URL that an export does not have. */
function runScript(url: string): Promise<void> {
  policy ??= buildScriptPolicy();
  const script = document.createElement('script');
  script.src = policy.createScriptURL(url);
  const request = new Promise<void>((resolve, reject) => {
    script.onload = () => resolve();
    script.onerror = () => reject(new Error(`cannot load ${url}`));
    document.head.append(script);
  });
  return request.finally(() => script.remove());
}

function buildScriptPolicy(): Policy {
  const createScriptURL = (url: string): string => {
    if (/^(?:highlight\.js|data\/(?:[\w=-]+\/)*[\w=-]+\.json\.js)$/.test(url)) return url;
    throw new TypeError(`not a script of this export: ${url}`);
  };
  const { trustedTypes } = globalThis as {
    trustedTypes?: { createPolicy(name: string, rules: Policy): Policy };
  };
  return trustedTypes?.createPolicy('cooperbench', { createScriptURL }) ?? { createScriptURL };
}

/** Runs a script that is next to the page. */
export async function runAppScript(name: 'highlight.js'): Promise<void> {
  if (isExport()) await runScript(name);
  else await import(/* @vite-ignore */ new URL(name, document.baseURI).href);
}

/** Returns a document, read again whenever the server says that it changed. */
export function useLiveDocument<T>(url: string): LoadState<T> {
  const [version, setVersion] = useState(0);
  useEffect(() => follow(url, () => setVersion((before) => before + 1)), [url]);
  return useDocument<T>(url, version);
}

/** Returns a document, read again when `version` changes. */
export function useDocument<T>(url: string, version: unknown): LoadState<T> {
  const [loaded, setLoaded] = useState<{ url: string; result: LoadState<T> }>({
    url,
    result: { state: 'loading' },
  });
  const requestRef = useRef({ url, last: 0, shown: 0 });
  useEffect(() => {
    if (requestRef.current.url !== url) requestRef.current = { url, last: 0, shown: 0 };
    const request = requestRef.current;
    request.last += 1;
    const number = request.last;
    // An answer is shown although another is on its way: a document may change faster than it is made.
    void resultOf<T>(url).then((result) => {
      if (requestRef.current !== request || number < request.shown) return;
      request.shown = number;
      setLoaded({ url, result });
    });
  }, [url, version]);
  // Until the effect has run, the state is still that of another document.
  return loaded.url === url ? loaded.result : { state: 'loading' };
}

async function resultOf<T>(url: string): Promise<LoadState<T>> {
  try {
    return { state: 'read', value: await load<T>(url) };
  } catch (error) {
    if (error instanceof DocumentError) return { state: 'failed', message: error.message, hint: error.hint };
    throw error;
  }
}

/** Calls `changed` when a document changed. A page that nobody sees holds no connection; it looks once when it is seen again. */
function follow(url: string, onChange: () => void): () => void {
  if (isExport()) return () => {};
  let stream: EventSource | undefined;
  const open = (): void => {
    stream = new EventSource(urls.live(url));
    stream.addEventListener('changed', onChange);
  };
  const openOrClose = (): void => {
    if (document.hidden) stream?.close();
    else {
      onChange();
      open();
    }
  };
  if (!document.hidden) open();
  document.addEventListener('visibilitychange', openOrClose);
  return () => {
    document.removeEventListener('visibilitychange', openOrClose);
    stream?.close();
  };
}
