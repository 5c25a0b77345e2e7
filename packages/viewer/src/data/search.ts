import { mapConcurrently } from '@cooperbench/core';
import type { FoundText, FoundTrialTexts, SearchDocument } from './model.ts';
import { type IndexedTexts, type SearchIndex, type TrialTexts, unpackTexts } from './search-index.ts';

/** Trials at once. Decompression runs in threads. */
const trialsAtOnce = 4;
const maxPerTrial = 500;
const maxPerEach = 3;
const maxTrials = 100;
/** Characters of an excerpt on either side of the text. */
const context = 90;

/** Finds a text in all trials of an index or, with `trial`, in one. */
export async function searchTexts(index: SearchIndex, text: string, trial?: string): Promise<SearchDocument> {
  const indexedTrials = index.filter(({ id }) => trial === undefined || id === trial);
  const searchedTrials = indexedTrials.filter(({ id, block }) => id !== '' && block.length > 0);
  // Bytes as characters: as long as the text is in UTF-8, of which the letters A to Z are a part.
  const needle = Buffer.from(text).toString('latin1').toLowerCase();
  const maxResults = trial === undefined ? maxPerEach : maxPerTrial;
  const trials: FoundTrialTexts[] = [];
  const search = async (indexed: IndexedTexts): Promise<FoundTrialTexts> => {
    const { count, found } = findIn(await unpackTexts(indexed), needle, maxResults);
    return { trial: indexed.id, count, found };
  };
  if (needle.trim() !== '')
    for await (const foundTrialTexts of mapConcurrently(searchedTrials, trialsAtOnce, search))
      if (foundTrialTexts.count > 0) trials.push(foundTrialTexts);
  const order = new Map(searchedTrials.map(({ id }, place) => [id, place]));
  trials.sort((left, right) => (order.get(left.trial) ?? 0) - (order.get(right.trial) ?? 0));
  const visibleTrials = trials.map((trialTexts, place) =>
    place < maxTrials ? trialTexts : { ...trialTexts, found: [] },
  );
  return {
    ...{ schema_version: 1, searched: searchedTrials.length, trials: visibleTrials },
    unsearched_trials: indexedTrials.filter(({ block }) => block.length === 0).length,
    unsearched_texts: searchedTrials.reduce((sum, { shortened }) => sum + shortened, 0),
    problems: indexedTrials.flatMap(({ problems }) => problems),
  };
}

function findIn({ bytes, places }: TrialTexts, needle: string, maxResults: number) {
  const foundTexts: FoundText[] = [];
  let count = 0;
  const text = bytes.toString('latin1').toLowerCase();
  let place = 0;
  for (let index = text.indexOf(needle); index >= 0; ) {
    while (place + 1 < places.length && (places[place + 1]?.[0] ?? 0) <= index) place += 1;
    const next = places[place + 1]?.[0] ?? text.length;
    count += 1;
    const placeEntry = places[place];
    if (placeEntry && foundTexts.length < maxResults)
      foundTexts.push({
        place: placeEntry[1],
        excerpt: listExcerpt(bytes, placeEntry[0], next - 1, index, index + needle.length),
      });
    // One find is enough for each text.
    index = text.indexOf(needle, Math.max(next, index + 1));
  }
  return { count, found: foundTexts };
}

function listExcerpt(
  bytes: Buffer,
  start: number,
  end: number,
  from: number,
  to: number,
): FoundText['excerpt'] {
  const before = bytes.toString('utf8', Math.max(start, from - context * 4), from).slice(-context);
  const after = bytes.toString('utf8', to, Math.min(end, to + context * 4)).slice(0, context);
  return [before, bytes.toString('utf8', from, to), after];
}
