import { type StoredTrial, seatFiles } from '@cooperbench/records';
import { commandsOf, readDetails, readList, type TrajectoryEntry, textAt } from '@cooperbench/report';
import type { FoundText } from './model.ts';
import { splitPatch } from './patch-files.ts';
import { testRuns } from './tests.ts';
import { contentText, textOf } from './texts.ts';

/** A text of a trial, and where pages show it. */
export interface PlacedText {
  readonly place: FoundText['place'];
  readonly text: string;
}

/** Bytes of the texts of one trial that a search looks at. A hostile agent may write any number. */
export const mostTrialBytes: number = 32 * 1024 * 1024;

/** All texts of a trial: what its seats thought, said, ran and saw, their messages, the patches, the output of the tests. */
export async function placedTexts(stored: StoredTrial): Promise<PlacedText[]> {
  const { messages, evaluation } = await readDetails(stored, async () => []);
  const seats = await seatFiles(stored);
  const found: PlacedText[] = messages.map(({ text }, index) => ({
    place: { in: 'conversation', index },
    text,
  }));
  for (const { seat, patch, trajectory } of seats) {
    found.push(...filesOf((await textAt(patch)) ?? '', seat));
    const entries: readonly unknown[] = (await readList(trajectory)) ?? [];
    for (const [index, entry] of entries.entries())
      if (isObject(entry)) found.push({ place: { in: 'trajectory', seat, index }, text: entryText(entry) });
  }
  found.push(...filesOf(evaluation?.merge?.diff ?? '', 'merged'));
  for (const { run, output } of testRuns(evaluation, stored))
    found.push({ place: { in: 'tests', id: run.id }, text: output.text });
  return limited(found.filter(({ text }) => text.trim() !== ''));
}

function isObject(value: unknown): value is TrajectoryEntry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function entryText(entry: TrajectoryEntry): string {
  const { content, reasoning_content: thought, tool_calls: calls } = entry;
  const commands = Array.isArray(calls) ? commandsOf(entry) : [];
  const parts = [contentText(thought), contentText(content), ...commands];
  return parts
    .filter(Boolean)
    .map((part) => textOf(part).text)
    .join('\n');
}

/** A patch in its files, so that a page can open the one with the text. `side`: a seat, or `merged`. */
function filesOf(patch: string, side: string): PlacedText[] {
  return splitPatch(patch).map((text) => {
    const path = /^\+\+\+ b\/(.*)$/m.exec(text)?.[1] ?? /^--- a\/(.*)$/m.exec(text)?.[1] ?? null;
    return { place: { in: 'diffs', side, path }, text: textOf(text).text };
  });
}

/** Of a place's position in the index, at most. */
const placeBytes = 20;

function limited(texts: readonly PlacedText[]): PlacedText[] {
  let bytes = 0;
  return texts.filter(({ place, text }) => {
    bytes += Buffer.byteLength(text) + Buffer.byteLength(JSON.stringify(place)) + placeBytes;
    return bytes <= mostTrialBytes;
  });
}
