import type { ConfigError, CooperBenchError } from '@cooperbench/core';
import { type Fault, toConfigError, toSandboxError } from './provider-errors.ts';

/** The messages for errors of a provider whose client uses gRPC codes or HTTP statuses. The provider's own words follow each message. */
export interface ProviderMessages {
  /** Permission denied, unauthenticated. */
  readonly denied: Fault;
  /** Resource exhausted: there is no room now. */
  readonly limited: Fault;
  /** The provider did not answer, or not in time. Another attempt may succeed. */
  readonly unreachable: Fault;
  /** Any other error of a check before a run. */
  readonly refused: Fault;
  /** Returns the provider's own words, without additions of its client. */
  messageFrom(error: unknown): string;
  /** Explains errors for which the gRPC code says too little. Takes precedence over the other messages. */
  known?(error: unknown): Fault | undefined;
  /** Whether another attempt may succeed after an error that has no code. */
  mayPass?(error: unknown): boolean;
}

/** Turns a provider's errors into CooperBench's. */
export interface ProviderFaults {
  isNotFound(error: unknown): boolean;
  /** Returns the error of a call during a run. `code` and `what` apply when the provider refused this call in particular. */
  inRun(error: unknown, code: string, summary: string): CooperBenchError;
  /** Returns the error that a failed check before a run throws. */
  beforeRun(error: unknown): ConfigError;
}

/** gRPC codes, followed by HTTP statuses. */
const notFound: readonly unknown[] = [5, 404];
const resourceExhausted: readonly unknown[] = [8, 429];
/** Permission denied, unauthenticated. */
const denials: readonly unknown[] = [7, 16, 401, 403];
/** Cancelled, unknown, deadline exceeded, internal, unavailable. Clients repeat these before they give up. */
const transientCodes: readonly unknown[] = [1, 2, 4, 13, 14, 408, 500, 502, 503, 504];

/**
 * Unavailable, and what the operating system says when nobody answers. The other codes may be the answer of a
 * provider about one sandbox whose processes stop everything.
 */
const unanswered: readonly unknown[] = [14, 503, 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH'];

/** Explains errors by their `code`: a gRPC number, an HTTP status, or a string of the operating system such as `ECONNREFUSED`. */
export function providerFaults(words: ProviderMessages): ProviderFaults {
  const { denied, limited, unreachable } = words;

  /** Finds the error when it does not depend on the call. Undefined means the provider refused this call in particular. */
  function findGeneralFault(error: unknown): Fault | undefined {
    const { code } = error as { code?: unknown };
    if (denials.includes(code)) return { ...denied, fromOutside: true };
    // gRPC has the same code for a message that is too large.
    if (resourceExhausted.includes(code) && !/larger than max/.test(words.messageFrom(error)))
      return { ...limited, capacity: {} };
    return typeof code === 'string' || transientCodes.includes(code)
      ? { ...unreachable, retryable: true, fromOutside: unanswered.includes(code) }
      : undefined;
  }

  function explain(error: unknown, refusalFault: Fault): Fault {
    const knownFault = words.known?.(error);
    if (knownFault) return knownFault;
    const fault =
      findGeneralFault(error) ??
      (words.mayPass?.(error) ? { ...refusalFault, retryable: true } : refusalFault);
    return { ...fault, message: `${fault.message}: ${words.messageFrom(error)}` };
  }

  return {
    isNotFound(error) {
      const { code, name } = error as { code?: unknown; name?: string };
      return notFound.includes(code) || name === 'NotFoundError';
    },
    inRun: (error, code, message) => toSandboxError(error, explain(error, { code, message })),
    beforeRun: (error) => toConfigError(error, explain(error, words.refused)),
  };
}
