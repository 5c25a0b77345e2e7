import { setTimeout as delay } from 'node:timers/promises';
import type { AgentContext, Note } from '@cooperbench/core';
import { untilAborted } from '@cooperbench/core';
import type { Framework } from './framework.ts';

/** How long one `take` of the inbox waits. */
const waitMs = 60_000;
/** How long to wait after a `take` without notes, or whose notes the framework refused. */
const pauseMs = 1000;

export interface Push extends Disposable {
  /**
   * Pushes waiting notes. Call it when the framework has finished a turn. Resolves with true when it pushed notes, so another
   * turn follows. Otherwise it pushes nothing any more, and the framework may end when it has read its input.
   */
  settle(): Promise<boolean>;
}

/**
 * Shows notes of the other seats to a framework while it works. `inject` passes a text to the framework. If it resolves with
 * false, the framework did not accept the text: the notes go back to the inbox, and later ones are pushed all the same. The
 * pushing stops when the program of the framework ends, and when it is disposed of.
 */
export function pushNotes(
  { inbox, signal, record }: Pick<AgentContext, 'inbox' | 'signal' | 'record'>,
  { exited }: Pick<Framework, 'exited'>,
  inject: (text: string) => Promise<boolean>,
): Push {
  if (inbox === undefined) return { settle: async () => false, [Symbol.dispose]: () => {} };
  const stop = new AbortController();
  const until = AbortSignal.any([signal, exited, stop.signal]);
  let last = Promise.resolve(false);

  /** Returns false if the framework did not accept them. */
  const show = async (notes: readonly Note[]): Promise<boolean> => {
    const content = notes.map(({ text }) => text).join('\n\n');
    const isAccepted = !until.aborted && (await untilAborted(inject(content), until).catch(() => false));
    if (isAccepted)
      record({ type: 'message', message: { role: 'user', content, timestamp: Date.now() / 1000 } });
    return isAccepted;
  };

  /** Shows notes as one text, or else each alone: one of them may be the reason why the text is refused. */
  const showOrReturn = async (notes: readonly Note[]): Promise<boolean> => {
    if (notes.length === 0) return false;
    if (await show(notes)) return true;
    const refusedNotes: Note[] = [];
    for (const note of notes) if (notes.length === 1 || !(await show([note]))) refusedNotes.push(note);
    inbox.giveBack(refusedNotes);
    return refusedNotes.length < notes.length;
  };

  /** Pushes notes after all earlier ones, so that they keep their order. */
  const push = (notes: readonly Note[]): Promise<boolean> => {
    last = last.then(() => showOrReturn(notes));
    return last;
  };

  const follow = async (): Promise<void> => {
    while (!until.aborted) {
      const isPushed = await push(await inbox.take({ waitMs, signal: until }));
      // Never asks again at once: an inbox may answer immediately.
      if (!isPushed) await delay(pauseMs, undefined, { signal: until });
    }
  };
  // When the inbox fails, the seat fails later, when it leaves its channels.
  follow().catch(() => {});

  return {
    async settle() {
      const isPushed = !until.aborted && (await push(await inbox.take().catch(() => [])));
      if (!isPushed) stop.abort();
      return isPushed;
    },
    [Symbol.dispose]: () => stop.abort(),
  };
}
