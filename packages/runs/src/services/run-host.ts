import type { MessageBus } from '@cooperbench/core';
import type { Registry, TimeLimits } from '@cooperbench/core/host';
import type { EventListener } from '../trial/event-stream.ts';

/** The current time, replaceable in tests. */
export interface Clock {
  now(): Date;
}

/** The services that all runs of a program share. */
export interface RunHost {
  readonly registry: Registry;
  readonly clock: Clock;
  /** Receives every event, in addition to the `onEvent` of a call. */
  readonly reporter?: EventListener | undefined;
  /** How long core waits for plugins. Defaults to `defaultTimeLimits`. */
  readonly limits?: TimeLimits | undefined;
  /** Replaces the message bus that the options name. Its owner disposes of it. */
  readonly bus?: MessageBus | undefined;
}
