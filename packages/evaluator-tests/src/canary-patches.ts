import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { JobResult, Task } from '@cooperbench/core';
import { createCanaryWords, formatCanaryRules } from './canary.ts';
import { parseFacts } from './facts.ts';
import { formatAssignment } from './programs/index.ts';

/** Each job makes a longer patch again. */
const maxBytes = 1024 * 1024;

/** A patch, and the random words in it. */
interface CanaryPatch {
  readonly root: string;
  readonly text: string;
  readonly words: readonly string[];
}

/**
 * The patches that add canaries. The first job of a feature makes one in its sandbox, before any code of an agent runs there.
 * Later jobs get the same patch with words of their own: to make it takes longer than to apply and merge the agents' patches.
 */
export class CanaryPatches {
  readonly #patches = new Map<string, CanaryPatch>();
  /** The words of the jobs that have no result yet, by id. */
  readonly #running = new Map<string, { readonly key: string; readonly words: readonly string[] }>();

  /** Returns the files for a job's canary: how to make it, and the patch if there is one. */
  filesFor(job: string, { directory, image }: Task, tests: Uint8Array): ReadonlyMap<string, string> {
    const key = JSON.stringify([directory, image, createHash('sha256').update(tests).digest('hex')]);
    const words = createCanaryWords();
    this.#running.set(job, { key, words });
    const cachedPatch = this.#patches.get(key);
    return new Map([
      ['canaries', formatAssignment('kinds', formatCanaryRules(words))],
      ...(cachedPatch ? [['canary', withWords(cachedPatch, words)] as const] : []),
    ]);
  }

  /** Keeps the patches that jobs made. */
  async *keepFrom(results: AsyncIterable<JobResult>): AsyncGenerator<JobResult> {
    for await (const result of results) {
      this.#keep(result);
      yield result;
    }
  }

  #keep(result: JobResult): void {
    const { key, words } = this.#running.get(result.id) ?? { key: '', words: [] };
    this.#running.delete(result.id);
    if (!('markedLines' in result)) return;
    const { canary } = parseFacts(result.markedLines);
    const bytes = Buffer.from(result.outputFiles.get('canary') ?? []);
    if (!canary || bytes.length === 0 || bytes.length > maxBytes) return;
    const output = bytes.toString();
    const root = /^root (\S+)$/m.exec(output)?.[1];
    const end = output.indexOf('\nend\n');
    const areOfJob = canary.tokens.every((token) => words.some((word) => token.startsWith(word)));
    if (root === undefined || end === -1 || !areOfJob || !Buffer.from(output).equals(bytes)) return;
    const text = `${root} ${canary.tokens.join(' ')}\n${output.slice(end + '\nend\n'.length)}`;
    this.#patches.set(key, { root, text, words });
  }
}

function withWords({ text, words }: CanaryPatch, otherWords: readonly string[]): string {
  return text.replaceAll(new RegExp(words.join('|'), 'g'), (word) => otherWords[words.indexOf(word)] ?? '');
}
