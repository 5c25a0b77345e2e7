import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { CreateOptions } from '@cooperbench/core';
import type { ModalClientParams } from 'modal';

export type ClientMiddleware = NonNullable<ModalClientParams['grpcMiddleware']>[number];

/**
 * How long calls may wait in all: those of a caller that waits, and all others, such as the end of a sandbox. Tests wait less.
 */
export const patience = { mostMs: 600_000, othersMs: 30_000, unansweredMs: 5000 };

const callers = new AsyncLocalStorage<Pick<CreateOptions, 'signal' | 'onNotice'>>();

/** Lets the calls of `work` wait while Modal slows the account down or does not answer. Others wait only for the former. */
export function callPatiently<T>(
  caller: Pick<CreateOptions, 'signal' | 'onNotice'>,
  work: () => Promise<T>,
): Promise<T> {
  return callers.run(caller, work);
}

/** Passes on what Modal tells its users, or adds it to `unheard` if no caller listens. */
export function warnCaller(text: string, unheard: string[]): void {
  const onNotice = callers.getStore()?.onNotice;
  if (onNotice) onNotice(`Modal: ${text}`);
  else unheard.push(`Modal: ${text}`);
}

/** gRPC's code of a server that does not answer, and of one that has too many calls. */
export const unavailable = 14;
const resourceExhausted = 8;
/**
 * A call that was cut off may have made a sandbox: its caller looks for it before it tries again. After one that was throttled,
 * core creates fewer sandboxes at once.
 */
const notRepeated = '/SandboxCreateV2';

/** Waits in place of the SDK, which waits for ever, says nothing and ignores signals. */
export const waitForTurn: ClientMiddleware = async function* (call, options) {
  const caller = callers.getStore();
  if (call.requestStream || call.responseStream) return yield* call.next(call.request, options);
  const { signal, onNotice } = caller ?? {};
  const maxMs = caller ? patience.mostMs : patience.othersMs;
  const untilMs = performance.now() + maxMs;
  for (;;) {
    let trailer: string | Uint8Array | undefined;
    const onTrailer: typeof options.onTrailer = (metadata) => {
      trailer = metadata.get('grpc-status-details-bin');
      options.onTrailer?.(metadata);
    };
    try {
      return yield* call.next(call.request, { ...options, onTrailer });
    } catch (error) {
      signal?.throwIfAborted();
      const { code, details } = error as { code?: unknown; details?: unknown };
      const isRepeated = !call.method.path.endsWith(notRepeated);
      const unanswered = caller && code === unavailable && isRepeated;
      const throttledMs = code === resourceExhausted ? retryAfterMs(trailer) : undefined;
      if (!isRepeated && throttledMs !== undefined)
        throw Object.assign(error as Error, { retryAfterMs: throttledMs });
      const waitMs = unanswered ? patience.unansweredMs : throttledMs;
      if (waitMs === undefined || performance.now() + waitMs > untilMs) throw error;
      const reason = unanswered ? 'does not answer' : 'slows this account down';
      const minutes = Math.ceil(maxMs / 60_000);
      onNotice?.(`Modal ${reason} (${details}). Each call waits up to ${minutes} minutes.`);
      await delay(waitMs, undefined, { ...(signal && { signal }) });
    }
  }
};

/**
 * Returns what a server asks for in an `RPCRetryPolicy` of `google.rpc.Status.details`: its only field is a float of seconds.
 */
export function retryAfterMs(details: string | Uint8Array | undefined): number | undefined {
  if (!(details instanceof Uint8Array)) return undefined;
  const bytes = Buffer.from(details);
  const name = 'modal.client.RPCRetryPolicy';
  const index = bytes.indexOf(name);
  if (index < 0) return undefined;
  // The tag and length of `Any.value`, then the tag of the float.
  const value = index + name.length + 3;
  return value + 4 <= bytes.length && bytes[value - 1] === 13
    ? Math.max(100, bytes.readFloatLE(value) * 1000)
    : 100;
}
