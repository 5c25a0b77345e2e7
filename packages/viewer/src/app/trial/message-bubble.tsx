import type { Message } from '../../data/model.ts';
import { formatClockText } from '../parts/clock.ts';
import { printable } from '../parts/plain-text.ts';
import { getSeatClass } from '../parts/seat-class.ts';
import { Flag, Kept, Seat } from '../parts/verdict.tsx';
import { formatFateWords } from './lanes.tsx';
import { wholeClock } from './span.ts';
import type { View } from './view.ts';

/** A message as in a chat, with what became of it. */
export function MessageBubble({ message, view }: { readonly message: Message; readonly view: View }) {
  const { pair, seats, href } = view;
  const { index, from, to, text, seconds, question, answer, to_finished: toFinished, step } = message;
  const recipients = to === 'all' ? seats.filter((seat) => seat !== from) : [to];
  const promises = pair.promises.filter((promise) => promise.message === index);
  const isRefused = message.accepted_by.length === 0;
  return (
    <article class={`bubble ${getSeatClass(from, seats)}`} id={`message-${index}`}>
      <header>
        <Seat name={from} seats={seats} /> to <Seat name={to} seats={seats} />
        <a
          href={href({
            tab: undefined,
            message: String(index),
            step: undefined,
            at: seconds.toFixed(3),
            ...wholeClock,
          })}
        >
          {formatClockText(seconds)}
        </a>
        {step !== null && (
          <a
            href={href({
              tab: undefined,
              step: `${from}:${step}`,
              message: undefined,
              at: seconds.toFixed(3),
              ...wholeClock,
            })}
          >
            step {step}
          </a>
        )}
      </header>
      <p class="words" dir="auto">
        {printable(text)}
      </p>
      <footer>
        {recipients.map((seat) => (
          <span key={seat}>
            {recipients.length > 1 && `${seat}: `}
            {formatFateWords(message, seat)}
          </span>
        ))}
        {isRefused && <Flag bad>refused</Flag>}
        {toFinished && <Flag>to a finished peer</Flag>}
        {question && answer === null && <Flag>unanswered question</Flag>}
        {answer !== null && (
          <a href={href({ tab: 'conversation', message: String(answer), step: undefined })}>
            answered by message {answer + 1}
          </a>
        )}
      </footer>
      {promises.map(({ seat, sentence, kept, files }) => (
        <p class="promise" key={sentence}>
          <Kept kept={kept} /> <q>{printable(sentence)}</q>
          {files.map(({ path, in_patch: inPatch }) => (
            <a key={path} href={href({ tab: 'diffs', side: seat, path })}>
              {path} {inPatch ? 'is in the patch' : 'is not in the patch'}
            </a>
          ))}
        </p>
      ))}
    </article>
  );
}
