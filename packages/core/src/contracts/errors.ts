import { explainSharedLimit } from './system-errors.ts';

const marker = Symbol.for('cooperbench.error');

/** What an error says besides its code and its message. */
export interface ErrorDetails {
  /** What the user can do, in one sentence. */
  readonly hint?: string | undefined;
  /** The rejected name or value, as the user gave it. The command line uses it to say where it came from. */
  readonly about?: string | undefined;
  readonly cause?: unknown;
}

/** The base class of all errors that CooperBench throws on purpose. `code` is stable; docs/reference/errors.md lists all codes. */
export class CooperBenchError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly about: string | undefined;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(shortenValues(message), 'cause' in details ? { cause: details.cause } : {});
    this.name = new.target.name;
    this.code = code;
    this.hint = details.hint;
    this.about = details.about;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Recognises errors of any copy of core. A subclass compares the class name. */
  static is<T extends typeof CooperBenchError>(this: T, error: unknown): error is InstanceType<T> {
    if (typeof error !== 'object' || error === null || !(marker in error)) return false;
    return this.name === 'CooperBenchError' || (error as unknown as Error).name === this.name;
  }
}

/** The user's file, flag or environment is wrong. Nothing has run. */
export class ConfigError extends CooperBenchError {}

/** A plugin is missing, fails to load or conflicts with another. */
export class PluginError extends CooperBenchError {}

/** The provider has no room for another sandbox now, by a quota, a rate limit or full machines. */
export interface Capacity {
  /** How long the provider asks to wait. It is absent if the provider does not say. */
  readonly retryAfterMs?: number | undefined;
  /** The limit is one on creations in a time: others succeed a moment later, although no sandbox has ended. */
  readonly isRate?: boolean | undefined;
}

/** A sandbox could not be created, was lost, or did not do what it was asked. */
export class SandboxError extends CooperBenchError {
  /** Another attempt may succeed. */
  readonly retryable: boolean;
  /**
   * The backend knows that something outside the sandbox failed: its daemon or provider does not answer, its host or machine
   * is gone, the provider names an eviction, or somebody else ended it. It is false if code in the sandbox may be the cause.
   * Once the seat's model has answered, core then judges the seat by its patch, so a backend sets this only on evidence that
   * no code in the sandbox can produce. An exit code is no such evidence.
   */
  readonly fromOutside: boolean;
  /** `create` refused for lack of capacity, and nothing was created. That is no failure: core waits and tries again. */
  readonly capacity: Capacity | undefined;

  constructor(
    code: string,
    message: string,
    details: ErrorDetails & Partial<Pick<SandboxError, 'retryable' | 'fromOutside' | 'capacity'>> = {},
  ) {
    super(code, message, details);
    this.capacity = details.capacity;
    this.retryable = details.retryable ?? this.capacity !== undefined;
    this.fromOutside = details.fromOutside ?? false;
  }
}

/** A required command in a sandbox failed. */
export class CommandError extends CooperBenchError {}

/** An agent or its model failed. */
export class AgentError extends CooperBenchError {
  /**
   * `work`: the agent's own doing, such as a crash of its framework. The seat completes with the error, and its patch is judged.
   * `seat`: nothing of the agent's, such as a model that does not answer. The seat is lost, and its trial runs again. `run`: every
   * seat would fail in the same way, for example with a wrong key, so the run stops.
   */
  readonly scope: 'work' | 'seat' | 'run';

  constructor(
    code: string,
    message: string,
    details: ErrorDetails & { readonly scope?: AgentError['scope'] } = {},
  ) {
    super(code, message, details);
    this.scope = details.scope ?? 'seat';
  }
}

/**
 * A seat passed a limit that protects the host, such as the size of its trajectory. An agent may throw it. The seat ends as
 * `LimitsExceeded` with this message, and its patch is judged.
 */
export class SeatLimitError extends CooperBenchError {
  /** The limit's name, such as `trajectoryBytes`. */
  readonly limit: string;

  /** `maximum` says how much is allowed, such as `64 MiB of trajectory`. */
  constructor(limit: string, maximum: string, details: ErrorDetails = {}) {
    super('SEAT_LIMIT', `The seat passed its limit "${limit}": at most ${maximum}.`, details);
    this.limit = limit;
  }
}

/** Returns the message of a thrown value. For a limit of the machine, with what to do. */
export function getMessage(error: unknown): string {
  const limit = explainSharedLimit(error);
  if (limit) return `${limit.text} ${limit.hint}`;
  return error instanceof Error ? error.message : String(error);
}

/** A longer value in a message is shortened, and begins with so many characters. */
const longestValue = 1000;
const shownOfValue = 100;
const longValues = new RegExp(`"[^"\\n]{${longestValue},}"|\\S{${longestValue},}`, 'g');

/** Shortens the values in a message that are quoted, or without white space, and longer than 1,000 characters. */
export function shortenValues(message: string): string {
  return message.replace(longValues, (value) => {
    const quote = value.startsWith('"') ? '"' : '';
    const length = value.length - 2 * quote.length;
    return `${value.slice(0, shownOfValue + quote.length)}…${quote} (${length} characters)`;
  });
}

/** Returns the message and, on its own line, the hint. */
export function getReason(error: unknown): string {
  const hint = CooperBenchError.is(error) ? error.hint : undefined;
  return hint === undefined ? getMessage(error) : `${getMessage(error)}\n${hint}`;
}
