import type { Dataset } from '../dataset/discover.ts';
import { type Filters, listBrokenTasks } from '../dataset/select.ts';
import type { RunOptions } from '../options/options.ts';
import { EventStream } from '../trial/event-stream.ts';
import type { RunHost } from './run-host.ts';

/** Returns the stream of the events of one call. */
export function openRunEvents(
  { reporter, clock }: RunHost,
  { onEvent }: Pick<RunOptions, 'onEvent'>,
): EventStream {
  return new EventStream([onEvent, reporter], () => clock.now());
}

/** Tells the user which of the tasks that match the filters cannot be used. */
export function noticeBroken(dataset: Dataset, filters: Filters, events: EventStream): void {
  for (const { repo, task, reason } of listBrokenTasks(dataset, filters))
    events.leaveOut(`${repo}/${task}`, reason);
}
