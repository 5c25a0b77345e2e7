import type { SentMessage } from '@cooperbench/report';
import type { SeatPromise } from './model.ts';
import { mentionsPath } from './names.ts';

const promise = /\b(?:I['’]ll|I will|I am going to|I['’]m going to|I won['’]t|I['’]m not going to|let me)\b/i;
const restraint = /\b(?:won['’]t|will not|not going to|leave|avoid|stay (?:out|away)|don['’]t touch)\b/i;

/**
 * Sentences in which a seat says what it will, or will not, change, and that name files of the trial's patches. Looks for
 * English words; nothing else is judged. `changed`: by seat, the paths in its patch; undefined when the patch is missing.
 */
export function listPromises(
  messages: readonly SentMessage[],
  changedPaths: ReadonlyMap<string, readonly string[] | undefined>,
): SeatPromise[] {
  const paths = [...new Set([...changedPaths.values()].flatMap((seatPaths) => seatPaths ?? []))];
  return messages.flatMap(({ from, text }, message) =>
    splitSentences(text).flatMap((sentence): SeatPromise[] => {
      if (!promise.test(sentence)) return [];
      const seatPaths = changedPaths.get(from);
      const namedPaths = paths.filter((path) => mentionsPath(sentence, path));
      if (namedPaths.length === 0) return [];
      const files = namedPaths.map((path) => ({ path, in_patch: seatPaths?.includes(path) ?? false }));
      const refrains = restraint.test(sentence);
      const isKept = seatPaths === undefined ? null : files.every((file) => file.in_patch !== refrains);
      return [{ message, seat: from, sentence, refrains, files, kept: isKept }];
    }),
  );
}

/** Splits at line breaks, and after full stops that a space follows: paths have full stops too. */
function splitSentences(text: string): string[] {
  return text
    .slice(0, 20_000)
    .split(/\n+|(?<=[.!?;])\s+/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '' && sentence.length <= 600);
}
