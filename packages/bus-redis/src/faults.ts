import { ConfigError, CooperBenchError } from '@cooperbench/core/errors';

/** An error of ioredis. Must not become a `cause`, because `command.args` contains passwords and messages. */
interface ClientError extends Error {
  readonly code?: string;
  readonly command?: { readonly name: string };
  /** The error of each address of a host. */
  readonly errors?: readonly Error[];
  /** The reasons why Redis aborted a transaction. */
  readonly previousErrors?: readonly ClientError[];
}

interface Refusal {
  readonly code: string;
  readonly hint?: string;
}

const account = 'in the URL. REDIS_URL keeps them off the command line.';
const badAccount: Refusal = { code: 'REDIS_AUTH', hint: `Correct the user and password ${account}` };
const replies: Readonly<Record<string, Refusal>> = {
  WRONGPASS: badAccount,
  NOAUTH: { code: 'REDIS_AUTH', hint: `Give the user and password ${account}` },
  NOPERM: {
    code: 'REDIS_PERMISSION',
    hint: 'Grant the user the commands and keys that the README of bus-redis lists.',
  },
  WRONGTYPE: {
    code: 'REDIS_KEY_TYPE',
    hint: 'Remove the key, or choose another keyPrefix, run name or database.',
  },
  OOM: { code: 'REDIS_MEMORY', hint: "Raise the server's maxmemory, or remove keys that nobody needs." },
  READONLY: { code: 'REDIS_READONLY', hint: 'Name the primary instead of a replica.' },
};
/** Commands of the handshake, which Redis may refuse with a plain ERR. */
const handshake: Readonly<Record<string, Refusal>> = {
  auth: badAccount,
  select: { code: 'REDIS_URL', hint: "Name one of the server's databases." },
};

/** Replies that may change while the bus waits, because a server starts, stops, changes its role or runs out of memory. */
const transientCodes = new Set(
  'LOADING READONLY MASTERDOWN TRYAGAIN BUSY NOREPLICAS UNBLOCKED OOM'.split(' '),
);

function findOrigin(error: unknown): ClientError {
  return (error as ClientError).previousErrors?.[0] ?? (error as ClientError);
}

/** Returns the first word of a Redis error, or `undefined` when `error` is something else. */
export function replyCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name, message } = findOrigin(error);
  return name === 'ReplyError' ? message.split(' ', 1)[0] : undefined;
}

/** Returns whether another attempt may succeed. */
export function isPassing(error: unknown): boolean {
  const code = replyCode(error);
  return code === undefined ? !CooperBenchError.is(error) : transientCodes.has(code);
}

/** Turns an error reply of Redis into one of CooperBench's errors. */
export function explainReply(
  error: unknown,
  label: string,
  ErrorClass: typeof CooperBenchError | typeof ConfigError,
): CooperBenchError {
  if (CooperBenchError.is(error)) return error;
  const { message, command } = findOrigin(error);
  const { code, ...hint } = handshake[command?.name ?? ''] ??
    replies[replyCode(error) ?? ''] ?? { code: 'REDIS_REFUSED' };
  return new ErrorClass(code, `${label} refused: ${message}`, hint);
}

/** Turns the failure of the first connection into one of CooperBench's errors. */
export function createUnreachableError(error: unknown, label: string): CooperBenchError {
  if (CooperBenchError.is(error) || replyCode(error) !== undefined)
    return explainReply(error, label, ConfigError);
  const reasonText = formatReason(error as ClientError);
  if (/^(ERR_TLS|ERR_SSL|EPROTO|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(reasonText))
    return new ConfigError(
      'REDIS_TLS',
      `No secure connection to ${label}: ${reasonText}: ${(error as ClientError).message}`,
      {
        hint: "Name the authority's certificate with ?cacert=/path/to/ca.pem, or use redis:// without TLS.",
      },
    );
  return new ConfigError('REDIS_UNREACHABLE', `Redis cannot be reached at ${label}: ${reasonText}`, {
    hint: 'Start it, correct --redis or REDIS_URL, or leave them out: messages then go through memory.',
  });
}

/**
 * Creates the error when Redis worked before and did not recover within `waitedMs`. `last` is the last error, if there was
 * one.
 */
export function createUnavailableError(label: string, waitedMs: number, last: unknown): CooperBenchError {
  if (replyCode(last) !== undefined) return explainReply(last, label, CooperBenchError);
  const causeText = last === undefined ? '' : ` (${formatReason(last as ClientError)})`;
  return new CooperBenchError(
    'REDIS_UNAVAILABLE',
    `${label} did not answer for ${Math.round(waitedMs / 1000)} s${causeText}. Whether it holds the last request is unknown.`,
    { hint: 'Find out why the server is away. The option outageMs says how long to wait for it.' },
  );
}

/** Creates the error for a call after the bus was disposed. */
export function createClosedError(label: string): CooperBenchError {
  return new CooperBenchError('REDIS_CLOSED', `The connection to ${label} was closed.`);
}

function formatReason(error: ClientError): string {
  return error.code ?? error.errors?.map(({ message }) => message).join(', ') ?? error.message;
}
