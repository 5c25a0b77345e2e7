import {
  findAnswers,
  isQuestion,
  isToFinished,
  type SentMessage,
  type TrialDetails,
} from '@cooperbench/report';
import type { Message } from './model.ts';
import type { WorkedStep } from './steps.ts';

/** Lists the messages of a trial, each with its answer and with the step that sent it. */
export function listMessages(
  sentMessages: readonly SentMessage[],
  steps: ReadonlyMap<string, readonly WorkedStep[]>,
  endTimes: Readonly<Record<string, number>>,
  recordedLevel: TrialDetails['recorded'],
  start: number,
): Message[] {
  // Without times, nobody knows what came before what.
  const timed = recordedLevel !== 'texts';
  const replyIndexes = timed ? findAnswers(sentMessages) : [];
  return sentMessages.map((message, index) => ({
    index,
    from: message.from,
    to: message.to,
    text: message.text,
    seconds: Math.max(0, message.time - start),
    accepted_by: message.accepted_by,
    read: Object.fromEntries(
      // A bus may deliver a moment before it confirms the sending.
      Object.entries(message.read).map(([seat, time]) => [
        seat,
        Math.max(0, message.time - start, time - start),
      ]),
    ),
    ...(message.dropped && { dropped: message.dropped }),
    ...(message.duplicated && { duplicated: message.duplicated }),
    reads_recorded: message.reads_recorded,
    question: timed && isQuestion(message),
    answer: timed && isQuestion(message) ? (replyIndexes[index] ?? null) : null,
    to_finished: timed && isToFinished(message, endTimes),
    step: timed ? findStep(message.time - start, steps.get(message.from) ?? []) : null,
  }));
}

/** Finds the last step before a moment, if it is one that sends messages. */
function findStep(seconds: number, steps: readonly WorkedStep[]): number | null {
  const last = steps.findLast((step) => step.seconds !== null && step.seconds <= seconds);
  return last?.communicates ? last.step : null;
}
