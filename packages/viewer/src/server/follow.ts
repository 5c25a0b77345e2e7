import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Documents } from '../data/documents.ts';

/** Sends the event `changed` whenever the document at a URL changes, until the page closes the stream or `signal` aborts. */
export async function follow(
  documents: Documents,
  url: string,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const closeController = new AbortController();
  response.once('close', () => closeController.abort());
  const endSignal = AbortSignal.any([signal, closeController.signal]);
  let knownState = await documents.state(url);
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.write('retry: 2000\n\n');
  while (!endSignal.aborted) {
    const startMs = performance.now();
    // A trial moves to its final place when it ends, so that it may be nowhere for a moment.
    const state = await documents.state(url).catch(() => knownState);
    if (state !== knownState) response.write('event: changed\ndata:\n\n');
    knownState = state;
    // Looking at the files of a large run takes at most a twentieth of the time.
    const pauseMs = Math.max(1000, 20 * (performance.now() - startMs));
    await delay(pauseMs, undefined, { signal: endSignal }).catch(() => {});
  }
  response.end();
}
