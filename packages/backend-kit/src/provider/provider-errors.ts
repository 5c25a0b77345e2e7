import { type Capacity, ConfigError, CooperBenchError, SandboxError } from '@cooperbench/core';

/** A provider's error, explained for the user. */
export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  /** Another attempt may succeed. */
  readonly retryable?: boolean;
  /** Code in the sandbox cannot be the cause. */
  readonly fromOutside?: boolean;
  /** The provider has no room now. */
  readonly capacity?: Capacity | undefined;
}

/** Returns the error of a call during a run. CooperBench's own errors stay as they are. */
export function toSandboxError(cause: unknown, { code, message, ...details }: Fault): CooperBenchError {
  if (CooperBenchError.is(cause)) return cause;
  return new SandboxError(code, message, { ...details, cause });
}

/** Returns the error of a check before a run. */
export function toConfigError(cause: unknown, { code, message, hint }: Fault): ConfigError {
  return ConfigError.is(cause) ? cause : new ConfigError(code, message, { hint, cause });
}
