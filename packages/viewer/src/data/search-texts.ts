import { readStoredSeats, type StoredTrial } from '@cooperbench/records';
import { findTextAt, listCommands, readDetails, readList, type TrajectoryEntry } from '@cooperbench/report';
import type { FoundText, Text } from './model.ts';
import { splitPatch } from './patch-files.ts';
import { testRuns } from './tests.ts';
import { buildText, formatContentText } from './texts.ts';

/** A text of a trial, and where pages show it. */
export interface PlacedText {
  readonly place: FoundText['place'];
  readonly text: string;
}

export interface TextsOfTrial {
  readonly texts: readonly PlacedText[];
  /** Texts that are not there, or without their ends. */
  readonly shortened: number;
  /** Files of the trial that cannot be read, each with the reason. */
  readonly problems: readonly string[];
}

interface WholeText extends PlacedText, Text {}

/** Bytes of the texts of one trial that a search looks at. A hostile agent may write any number. */
export const maxTrialBytes: number = 32 * 1024 * 1024;

/**
 * Reads all texts of a trial: what its seats thought, said, ran and saw, their messages, the patches, the output of the tests.
 */
export async function readPlacedTexts(storedTrial: StoredTrial): Promise<TextsOfTrial> {
  const { messages, evaluation, problems: detailProblems } = await readDetails(storedTrial, async () => []);
  const problems = [...detailProblems];
  const onBroken = (path: string, reason: string): void => void problems.push(`${path}: ${reason}`);
  const seats = await readStoredSeats(storedTrial);
  const wholeTexts: WholeText[] = messages.map(({ text }, index) => ({
    place: { in: 'conversation', index },
    ...{ text, left_out: 0 },
  }));
  for (const { seat, patch, trajectory } of seats) {
    wholeTexts.push(...listFiles((await findTextAt(patch, onBroken)) ?? '', seat));
    const entries: readonly unknown[] = (await readList(trajectory, onBroken)) ?? [];
    for (const [index, entry] of entries.entries())
      if (isObject(entry))
        wholeTexts.push({ place: { in: 'trajectory', seat, index }, ...buildEntryText(entry) });
  }
  wholeTexts.push(...listFiles(evaluation?.merge?.diff ?? '', 'merged'));
  for (const { run, output } of testRuns(evaluation, storedTrial))
    wholeTexts.push({ place: { in: 'tests', id: run.id }, ...output });
  return { ...limitTexts(wholeTexts.filter(({ text }) => text.trim() !== '')), problems };
}

function isObject(value: unknown): value is TrajectoryEntry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function buildEntryText(entry: TrajectoryEntry): Text {
  const { content, reasoning_content: reasoning, tool_calls: calls } = entry;
  const commands = Array.isArray(calls) ? listCommands(entry) : [];
  const parts = [formatContentText(reasoning), formatContentText(content), ...commands]
    .filter(Boolean)
    .map((part) => buildText(part));
  return {
    text: parts.map(({ text }) => text).join('\n'),
    left_out: parts.reduce((sum, part) => sum + part.left_out, 0),
  };
}

/** Lists a patch in its files, so that a page can open the one with the text. `side`: a seat, or `merged`. */
function listFiles(patch: string, side: string): WholeText[] {
  return splitPatch(patch).map((text) => {
    const path = /^\+\+\+ b\/(.*)$/m.exec(text)?.[1] ?? /^--- a\/(.*)$/m.exec(text)?.[1] ?? null;
    return { place: { in: 'diffs', side, path }, ...buildText(text) };
  });
}

/** Of a place's position in the index, at most. */
const placeBytes = 20;

function limitTexts(wholeTexts: readonly WholeText[]): Omit<TextsOfTrial, 'problems'> {
  let [bytes, shortened] = [0, 0];
  const texts = wholeTexts.filter(({ place, text, left_out: leftOut }) => {
    const entryBytes = Buffer.byteLength(text) + Buffer.byteLength(JSON.stringify(place)) + placeBytes;
    const hasRoom = bytes + entryBytes <= maxTrialBytes;
    // A long one makes no room for shorter ones after it.
    bytes += entryBytes;
    if (!hasRoom || leftOut > 0) shortened += 1;
    return hasRoom;
  });
  return { texts, shortened };
}
