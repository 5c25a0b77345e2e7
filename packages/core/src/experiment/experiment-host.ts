import type { MessageBus } from '../contracts/bus.ts';
import type { Registry } from '../plugins/registry.ts';
import type { TimeLimits } from '../plugins/time-limits.ts';
import type { EventListener } from '../records/event-stream.ts';

/** The current time, replaceable in tests. */
export interface Clock {
  now(): Date;
}

/** The services that all experiments of a program share. */
export interface ExperimentHost {
  readonly registry: Registry;
  readonly clock: Clock;
  /** Receives every event, in addition to the `onEvent` of a call. */
  readonly reporter?: EventListener | undefined;
  /** How long core waits for plugins. Absent: `defaultTimeLimits`. */
  readonly limits?: TimeLimits | undefined;
  /** Replaces the message bus that the options name. Its owner disposes of it. */
  readonly bus?: MessageBus | undefined;
}
