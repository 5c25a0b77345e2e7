import type { PairDocument } from '../../data/model.ts';

/** What the marks of the time line mean, of those that it has. */
export function Legend({ pair }: { readonly pair: PairDocument }) {
  const isAnyRefused = pair.messages.some(({ accepted_by }) => accepted_by.length === 0);
  const isAnyDropped = pair.messages.some((message) => message.dropped);
  const unanswered = pair.messages.some(({ question, answer }) => question && answer === null);
  const hasSeveralSeats = pair.lanes.length > 1;
  return (
    <ul class="legend">
      <li>
        <i class="mark-step" /> step
      </li>
      {pair.lanes.some(({ steps }) => steps.some((step) => step.command_seconds !== null)) && (
        <li>
          <i class="mark-model" /> model answers <i class="mark-commands" /> commands run
        </li>
      )}
      {hasSeveralSeats && (
        <>
          <li>
            <i class="mark-talk" /> step that communicates
          </li>
          <li>→ message, from sent to read</li>
          {(isAnyRefused || isAnyDropped) && (
            <li>
              ✕ {[isAnyRefused && 'refused', isAnyDropped && 'lost on purpose'].filter(Boolean).join(' or ')}
            </li>
          )}
          {unanswered && <li>? unanswered question</li>}
        </>
      )}
      {pair.git.length > 0 && <li>▲ push ▽ fetch</li>}
      {pair.files.some(({ overlap }) => overlap) && <li>▴ first touch of a file that several change</li>}
      <li>
        <i class="mark-cost" /> cost so far
      </li>
    </ul>
  );
}
