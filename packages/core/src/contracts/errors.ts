const marker = Symbol.for('cooperbench.error');

export interface ErrorDetails {
  /** What to do about it, in one sentence. */
  readonly hint?: string | undefined;
  /** The name or value that was asked for and will not do, as it was given; a command line says who gave it. */
  readonly about?: string | undefined;
  readonly cause?: unknown;
}

/** Every error this product raises on purpose. `code` is stable and documented in docs/reference/errors.md. */
export class CooperBenchError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly about: string | undefined;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : {});
    this.name = new.target.name;
    this.code = code;
    this.hint = details.hint;
    this.about = details.about;
    Object.defineProperty(this, marker, { value: true });
  }

  /** True for errors of any copy of core. On a subclass: by the class's name. */
  static is<T extends typeof CooperBenchError>(this: T, error: unknown): error is InstanceType<T> {
    if (typeof error !== 'object' || error === null || !(marker in error)) return false;
    return this.name === 'CooperBenchError' || (error as unknown as Error).name === this.name;
  }
}

/** The user's file, flag or environment. Nothing was run. */
export class ConfigError extends CooperBenchError {}

/** A plugin is missing, failed to load or clashes. */
export class PluginError extends CooperBenchError {}

/** Infrastructure: a sandbox could not be had, or was lost. Never an agent's failure. */
export class SandboxError extends CooperBenchError {
  /** Trying again may help. */
  readonly retryable: boolean;

  constructor(code: string, message: string, details: ErrorDetails & { readonly retryable?: boolean } = {}) {
    super(code, message, details);
    this.retryable = details.retryable ?? false;
  }
}

/** A command in a sandbox that had to work did not. */
export class CommandError extends CooperBenchError {}

/** An agent or its model failed. */
export class AgentError extends CooperBenchError {
  /** `run`: no other seat can do better (a wrong key), so the run stops. */
  readonly scope: 'seat' | 'run';

  constructor(
    code: string,
    message: string,
    details: ErrorDetails & { readonly scope?: 'seat' | 'run' } = {},
  ) {
    super(code, message, details);
    this.scope = details.scope ?? 'seat';
  }
}

/** What an unknown thrown value says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The same, and in a line of its own what to do about it. */
export function reasonOf(error: unknown): string {
  const hint = CooperBenchError.is(error) ? error.hint : undefined;
  return hint === undefined ? messageOf(error) : `${messageOf(error)}\n${hint}`;
}
