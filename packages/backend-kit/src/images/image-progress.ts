import { stripVTControlCharacters } from 'node:util';
import type { ImageProgress, OnImageProgress } from '@cooperbench/core';
import { getReason } from '@cooperbench/core';

/** One line of the output of a pull or a build. */
export type ImageStep = Pick<ImageProgress, 'text' | 'doneBytes' | 'totalBytes'>;

/** Reports the start of a pull or a build, its steps and its end. */
export async function trackImage(
  progress: Pick<ImageProgress, 'image' | 'phase'>,
  onProgress: OnImageProgress = () => {},
  work: (onStep: (step: ImageStep) => void) => Promise<void>,
): Promise<void> {
  let last: ImageStep = { text: '' };
  onProgress({ ...progress, state: 'running', ...last });
  try {
    await work((step) => {
      last = step;
      onProgress({ ...progress, state: 'running', ...step });
    });
  } catch (error) {
    onProgress({ ...progress, state: 'failed', text: getReason(error) });
    throw error;
  }
  onProgress({ ...progress, state: 'ready', ...last });
}

/**
 * Like `trackImage`, for a build that prints text. `errorOf` receives `what` and the last lines. Resolves with whether the
 * build printed anything, which means that there was something to build.
 */
export async function trackBuild(
  progress: Pick<ImageProgress, 'image' | 'phase'>,
  onProgress: OnImageProgress | undefined,
  summary: string,
  work: (onText: (text: string) => void) => Promise<unknown>,
  errorOf: (error: unknown, summary: string) => Error,
): Promise<boolean> {
  const last = new LastLines();
  let hasBegun = false;
  await trackImage(progress, onProgress, async (onStep) => {
    try {
      await work((text) => {
        hasBegun = true;
        const line = last.add(text);
        if (line !== undefined) onStep({ text: line });
      });
    } catch (error) {
      throw errorOf(error, `${last}` === '' ? summary : `${summary}. The build's last lines:\n${last}\n`);
    }
  });
  return hasBegun;
}

/** How many lines of a failed build a message shows, and how many characters of each. */
const keptLines = 10;
const keptCharacters = 500;

/** The last lines that a build printed, for the message of its failure. */
export class LastLines {
  readonly #ignored: RegExp | undefined;
  #lines: string[] = [];

  /** `ignored` matches lines of the builder itself, which do not help the user. */
  constructor(ignored?: RegExp) {
    this.#ignored = ignored;
  }

  /** Adds a piece of output of any length. Returns its last line that is not ignored. */
  add(text: string): string | undefined {
    const lines = stripVTControlCharacters(text)
      .split('\n')
      .filter((line) => line.trim() !== '' && !this.#ignored?.test(line))
      .map((line) => line.trimEnd().slice(0, keptCharacters));
    this.#lines = [...this.#lines, ...lines].slice(-keptLines);
    return lines.at(-1);
  }

  toString(): string {
    return this.#lines.join('\n');
  }
}
