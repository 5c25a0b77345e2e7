import { join } from 'node:path';
import { ConfigError } from '@cooperbench/core/errors';
import { isInUse } from '@cooperbench/records';
import { addNote, readRun, report, type WantedNote } from '@cooperbench/report';
import { type Address, findAddress } from './address.ts';
import { type IndexedTrial, readIndexed } from './indexed-trial.ts';
import { readDiffsDocument, readTestsDocument } from './long-texts.ts';
import type { SearchDocument, SliceDocument } from './model.ts';
import { pairDocument } from './pair.ts';
import { runDocument } from './rows.ts';
import { readRunsDocument } from './runs.ts';
import { searchTexts } from './search.ts';
import { readSearchIndex, type SearchIndex } from './search-index.ts';
import { readSlice } from './slices.ts';
import { stateOfRun, stateOfRuns, stateOfTrial } from './state.ts';
import { type FoundTrial, findTrial, getScratchFolder, runFolder } from './trials.ts';

/** A document, and the state of the files that it was made of. */
export interface MadeDocument {
  readonly json: string;
  readonly state: string;
}

export interface DocumentsOptions {
  readonly logsDir: string;
  readonly version: string;
  /** The run that the page opens first. */
  readonly open?: string | undefined;
  /** Only these runs are in the list. Defaults to all. */
  readonly names?: readonly string[] | undefined;
}

type OfTrial = Extract<Address, { readonly trial: string }>;

interface Place {
  readonly runDir: string;
  readonly trial: FoundTrial;
}

/** Bytes of documents that are kept, so that a page which comes back to one need not wait. */
const maxKept = 128 * 1024 * 1024;

/** Makes the documents of model.ts from the files of runs. Keeps what it made until the files change. */
export class Documents {
  readonly #options: DocumentsOptions;
  readonly #made = new Map<string, MadeDocument>();
  #kept = 0;
  readonly #indexes = new Map<string, { readonly state: string; readonly trial: IndexedTrial }>();
  /** The search index of the run that was searched last, while it is read and afterwards. */
  #searched: { readonly run: string; readonly index: Promise<SearchIndex> } | undefined;

  constructor(options: DocumentsOptions) {
    this.#options = options;
  }

  /**
   * The document at a URL. @throws ConfigError `VIEW_URL` (no document has this URL), `UNKNOWN_RUN`, `UNKNOWN_TRIAL`,
   * `RUN_NAME`, `RUN_FOLDER`.
   */
  async make(url: string): Promise<MadeDocument> {
    const address = parseKnownAddress(url);
    // The folder of a trial is looked for once: that takes longer than to look at its files.
    const place = 'trial' in address ? await this.#placeOf(address) : undefined;
    const state = await (place ? stateOfTrial(place.runDir, place.trial) : this.#stateOf(address));
    const cachedDocument = this.#made.get(url);
    if (cachedDocument?.state === state) return cachedDocument;
    const content =
      'trial' in address && place ? this.#readTrial(address, place, state) : this.#readRuns(address);
    const document = { json: JSON.stringify(await content), state };
    this.#keep(url, document);
    return document;
  }

  /** Returns the state of the files of a document, without making it. @throws as `make`. */
  async state(url: string): Promise<string> {
    return this.#stateOf(parseKnownAddress(url));
  }

  /** Finds a text in a run, or in one of its trials. The first search of a run writes an index. @throws as `make`. */
  async search(run: string, text: string, trial?: string): Promise<SearchDocument> {
    const directory = await runFolder(this.#options.logsDir, run);
    const previousIndex = this.#searched?.run === run ? this.#searched.index : Promise.resolve(undefined);
    const readIndex = async (knownIndex: SearchIndex | undefined): Promise<SearchIndex> => {
      const index = previousIndex
        .catch(() => undefined)
        .then((last) => readSearchIndex(directory, knownIndex ?? last));
      this.#searched = { run, index };
      return index;
    };
    const index = await readIndex(undefined);
    // An index that came with the folder may hold anything.
    return searchTexts(index, text, trial).catch(async () => searchTexts(await readIndex([]), text, trial));
  }

  /** Adds a note to a trial that has ended. @throws as `make`, and ConfigError `NOTE`. */
  async note(run: string, trial: string, note: WantedNote): Promise<void> {
    const { trial: foundTrial } = await this.#placeOf({ run, trial });
    if (foundTrial.running)
      throw new ConfigError('NOTE', 'The trial still runs.', { hint: 'Add the note when it has ended.' });
    await addNote(foundTrial.stored.directory, note);
  }

  async #placeOf({ run, trial }: Pick<OfTrial, 'run' | 'trial'>): Promise<Place> {
    const runDir = await runFolder(this.#options.logsDir, run);
    return { runDir, trial: await findTrial(runDir, trial) };
  }

  async #stateOf(address: Address): Promise<string> {
    const { logsDir } = this.#options;
    if (address.kind === 'runs') return stateOfRuns(logsDir);
    if ('trial' in address) {
      const { runDir, trial } = await this.#placeOf(address);
      return stateOfTrial(runDir, trial);
    }
    return stateOfRun(await runFolder(logsDir, address.run));
  }

  async #readRuns(address: Address): Promise<unknown> {
    const { logsDir, version, open, names } = this.#options;
    if (address.kind === 'runs') return readRunsDocument(logsDir, version, open ?? null, names);
    const { run } = address;
    if (address.kind === 'report') return report([await readRun(logsDir, run)]);
    const directory = await runFolder(logsDir, run);
    return runDocument(directory, run, await isInUse(directory));
  }

  async #readTrial(address: OfTrial, { runDir, trial }: Place, state: string): Promise<unknown> {
    if (address.kind === 'diffs') return readDiffsDocument(trial);
    if (address.kind === 'tests') return readTestsDocument(trial);
    const indexed = await this.#readIndex(trial, state);
    if (address.kind === 'slice') return sliceDocument(address, indexed, trial);
    return pairDocument(address.run, runDir, trial, indexed);
  }

  /** Kept while the files of the trial stay as they are: a page asks for many slices. */
  async #readIndex(foundTrial: FoundTrial, state: string): Promise<IndexedTrial> {
    const { stored } = foundTrial;
    const cachedIndex = this.#indexes.get(stored.directory);
    const trial = cachedIndex?.state === state ? cachedIndex.trial : await readIndexed(foundTrial);
    // The one that was used last is removed last.
    this.#indexes.delete(stored.directory);
    this.#indexes.set(stored.directory, { state, trial });
    for (const oldest of this.#indexes.keys()) if (this.#indexes.size > 4) this.#indexes.delete(oldest);
    return trial;
  }

  #keep(url: string, document: MadeDocument): void {
    this.#kept += document.json.length - (this.#made.get(url)?.json.length ?? 0);
    this.#made.delete(url);
    this.#made.set(url, document);
    for (const [oldest, { json }] of this.#made) {
      if (this.#kept <= maxKept) break;
      this.#made.delete(oldest);
      this.#kept -= json.length;
    }
  }
}

/** @throws ConfigError `VIEW_URL`. */
function sliceDocument(
  { seat, slice }: Extract<Address, { readonly kind: 'slice' }>,
  { details, indexes, start }: IndexedTrial,
  { stored, running }: FoundTrial,
): Promise<SliceDocument> {
  const place = details.seats.findIndex((candidate) => candidate.seat === seat);
  const path = running
    ? join(getScratchFolder(stored.directory), `${seat}.trajectory`)
    : details.seats[place]?.trajectory;
  const index = indexes[place];
  if (path === undefined || index?.slices[slice] === undefined)
    throw createUnknownUrlError(`slice ${slice} of the trajectory of ${seat}`);
  return readSlice(path, index, slice, start);
}

function parseKnownAddress(url: string): Address {
  const address = findAddress(url);
  if (address) return address;
  throw createUnknownUrlError(url);
}

function createUnknownUrlError(subject: string): ConfigError {
  return new ConfigError('VIEW_URL', `The viewer has no document ${subject}.`, { hint: 'Reload the page.' });
}
