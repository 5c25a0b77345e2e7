import { Deadline, TimeLimitError } from '../async/deadline.ts';
import { untilAborted } from '../async/until-aborted.ts';
import { CooperBenchError } from '../contracts/errors.ts';
import { createPluginFault } from './plugin-fault.ts';
import type { TimeLimits } from './time-limits.ts';

/** The bounds of a call into a plugin. */
export interface PluginCallOptions<T> {
  /** If it is absent, only the signal ends the wait. */
  readonly limitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Removes a result that arrives after the wait has ended, such as a sandbox. */
  readonly discard?: ((value: T) => unknown) | undefined;
}

/**
 * Calls a plugin. Every call of core into a plugin goes through this function, so that none can end the process or keep it. The
 * wait ends when the time is up or the signal aborts, whatever the plugin does; the plugin's signal aborts, too. Errors of
 * CooperBench and aborts pass through. Any other error becomes a PluginError. `what` begins its message, such as `The agent
 * "foo" of plugin bar could not be created`. @throws PluginError `PLUGIN_FAULT`; the signal's reason.
 */
export async function callPlugin<T>(
  failure: string,
  call: (signal: AbortSignal) => T | PromiseLike<T>,
  { limitMs = Number.POSITIVE_INFINITY, signal, discard }: PluginCallOptions<T> = {},
): Promise<T> {
  using deadline = new Deadline(limitMs, signal, `it did not answer within ${limitMs / 1000} s`);
  const calling = (async () => call(deadline.signal))();
  try {
    return await untilAborted(calling, deadline.signal);
  } catch (error) {
    const stop = deadline.signal;
    if (stop.aborted && discard) calling.then(discard).catch(() => {});
    // The time limit of this call, or of the work that it belongs to.
    if (stop.aborted && stop.reason instanceof TimeLimitError) throw createPluginFault(failure, stop.reason);
    if (stop.aborted || CooperBenchError.is(error)) throw error;
    throw createPluginFault(failure, error);
  }
}

/** How calls into the objects of a plugin are bounded. */
export interface CallBounds {
  /** Begins error messages, such as `The backend "foo" of plugin bar`. */
  readonly title: string;
  readonly limits: TimeLimits;
  /** Aborts some time after the run was aborted. Then, nothing waits for what ends. */
  readonly closing: AbortSignal;
}
