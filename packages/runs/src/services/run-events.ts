import type { Dataset } from '../dataset/discover.ts';
import type { RunOptions } from '../options/options.ts';
import { EventStream } from '../trial/event-stream.ts';
import type { RunHost } from './run-host.ts';

/** The stream of the events of one call. */
export function openRunEvents(
  { reporter, clock }: RunHost,
  { onEvent }: Pick<RunOptions, 'onEvent'>,
): EventStream {
  return new EventStream([onEvent, reporter], () => clock.now());
}

/** Tells the user which tasks of a dataset cannot be used. */
export function noticeBroken({ broken }: Dataset, events: EventStream): void {
  for (const { repo, task, reason } of broken)
    events.notice(`${repo}/${task} is left out: ${reason}`, 'warning');
}
