import type { SandboxSpec } from '@cooperbench/core';
import { SandboxError } from '@cooperbench/core';

export interface LifetimeRules {
  /** The provider's name in messages. */
  readonly provider: string;
  /** How long a sandbox takes to start. Providers count this time, and the spec does not. */
  readonly startMs: number;
  /** The longest lifetime that the provider allows. */
  readonly longestMs: number;
}

/**
 * Returns the lifetime to ask a provider for, in whole seconds. @throws SandboxError `SANDBOX_LIFETIME` when it is longer than
 * allowed.
 */
export function providerLifetimeMs(
  { name, lifetimeMs }: Pick<SandboxSpec, 'name' | 'lifetimeMs'>,
  { provider, startMs, longestMs }: LifetimeRules,
): number {
  const neededMs = Math.ceil((lifetimeMs + startMs) / 1000) * 1000;
  if (neededMs <= longestMs) return neededMs;
  const toHours = (ms: number): number => Math.ceil(ms / 360_000) / 10;
  throw new SandboxError(
    'SANDBOX_LIFETIME',
    `${provider} ends sandboxes after ${toHours(longestMs)} hours, but ${name} is needed for ${toHours(neededMs)} hours.`,
    { hint: 'Give a shorter --timeout.' },
  );
}
