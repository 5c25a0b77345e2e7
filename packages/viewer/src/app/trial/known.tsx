import { count } from '@cooperbench/command/figures';
import type { Message } from '../../data/model.ts';
import { formatClockText } from '../parts/clock.ts';
import { formatPlainText } from '../parts/plain-text.ts';
import { Seat } from '../parts/verdict.tsx';
import { computeKnowledgeAt } from './knowledge.ts';
import { wholeClock } from './span.ts';
import type { View } from './view.ts';

/** Shows what each seat could know of the others at the cursor. */
export function Known({ view, seconds }: { readonly view: View; readonly seconds: number }) {
  const { pair, seats } = view;
  const hasRecordedReads = pair.messages.every((message) => message.reads_recorded);
  if (seats.length < 2) return <p class="muted">One seat works alone: nobody else knows anything.</p>;
  return (
    <>
      <h2>What each could know at {formatClockText(seconds)}</h2>
      {seats.map((seat) => {
        const { read, waiting, fetched, unfetched, unknown } = computeKnowledgeAt(pair, seat, seconds);
        const endSeconds = pair.lanes.find((lane) => lane.seat === seat)?.end ?? Number.POSITIVE_INFINITY;
        return (
          <div class="known" key={seat}>
            <h3>
              <Seat name={seat} seats={seats} />
              {endSeconds <= seconds && <span class="muted"> has finished</span>}
            </h3>
            <ul>
              <li>
                {hasRecordedReads ? 'has read' : 'was sent'} {count(read.length, 'message')}
                {!hasRecordedReads && ' (the run does not record reading)'}
                <MessageLinks messages={read.slice(-3)} view={view} />
              </li>
              {waiting.length > 0 && (
                <li class="missed">
                  has not read {count(waiting.length, 'message')} that{' '}
                  {waiting.length === 1 ? 'waits' : 'wait'}
                  <MessageLinks messages={waiting.slice(-3)} view={view} />
                </li>
              )}
              {fetched.length > 0 && <li>has fetched {formatPushes(fetched.length)}</li>}
              {unfetched.length > 0 && (
                <li class="missed">has not fetched {formatPushes(unfetched.length)}</li>
              )}
              {unknown.length > 0 && (
                <li class="missed">
                  nothing told it that others change {count(unknown.length, 'file')}:{' '}
                  {unknown
                    .slice(0, 4)
                    .map(({ path }) => formatPlainText(path, 80))
                    .join(', ')}
                  {unknown.length > 4 && ' …'}
                </li>
              )}
            </ul>
          </div>
        );
      })}
    </>
  );
}

function formatPushes(number: number): string {
  return `${number} push${number === 1 ? '' : 'es'} of others`;
}

function MessageLinks({ messages, view }: { messages: readonly Message[]; view: View }) {
  if (messages.length === 0) return null;
  return (
    <ul>
      {messages.map(({ index, from, seconds, text }) => (
        <li key={index}>
          <a
            href={view.href({
              message: String(index),
              step: undefined,
              at: seconds.toFixed(3),
              ...wholeClock,
            })}
          >
            {formatClockText(seconds)} {from}
          </a>
          : {formatPlainText(text, 90)}
        </li>
      ))}
    </ul>
  );
}
