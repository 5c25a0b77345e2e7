import { getMessage } from '@cooperbench/core';

interface Answer {
  readonly message: string;
  readonly details?: readonly { readonly reason?: string; readonly metadata?: Record<string, string> }[];
}

/**
 * Parses an error of the clients that speak REST, in the form of those that speak gRPC. Its `code` may be a status of HTTP.
 * The client for Batch has the whole answer as its message. The client for Storage has an older kind of reason.
 */
export function parseRestError(error: unknown): Error & { readonly code: unknown } {
  const { errors, ...given } = error as { code?: unknown; errors?: readonly { readonly reason?: string }[] };
  const code = Number(given.code) || given.code;
  const message = getMessage(error);
  const reason = errors?.[0]?.reason;
  if (reason !== undefined) {
    const consumer = /project (\S+)/.exec(message)?.[1];
    const errorInfoMetadata = { service: 'storage.googleapis.com', consumer };
    return Object.assign(new Error(message), { code, reason, errorInfoMetadata });
  }
  if (!message.startsWith('{')) return Object.assign(new Error(message, { cause: error }), { code });
  const errorBody = (JSON.parse(message) as { error: Answer }).error;
  const info = errorBody.details?.find(({ reason }) => reason !== undefined);
  const details = { reason: info?.reason, errorInfoMetadata: info?.metadata };
  return Object.assign(new Error(errorBody.message), { code, ...details });
}
