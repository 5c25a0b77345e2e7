import type { AgentContext, Note } from '@cooperbench/core';

/** How long one `take` of the inbox waits. */
const waitMs = 60_000;

export interface Push extends Disposable {
  /**
   * Pushes waiting notes. Call it when the framework has finished a turn. True: it pushed notes, so another turn follows.
   * False: nothing will be pushed any more, and the framework may end when it has read its input.
   */
  settle(): Promise<boolean>;
}

/**
 * Shows notes of the other seats to a framework while it works. `inject` passes a text to the framework. If it resolves with
 * false, the framework did not accept the text, and the notes go back to the inbox. Disposing stops the pushing.
 */
export function pushNotes(
  { inbox, signal, record }: Pick<AgentContext, 'inbox' | 'signal' | 'record'>,
  inject: (text: string) => Promise<boolean>,
): Push {
  if (inbox === undefined) return { settle: async () => false, [Symbol.dispose]: () => {} };
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal]);
  let last = Promise.resolve(false);

  /** Pushes notes after all earlier ones, so that they keep their order. */
  const push = (notes: readonly Note[]): Promise<boolean> => {
    if (notes.length === 0) return last.then(() => false);
    const pushing = async (): Promise<boolean> => {
      const content = notes.map(({ text }) => text).join('\n\n');
      const taken = !until.aborted && (await inject(content).catch(() => false));
      if (!taken) {
        inbox.giveBack(notes);
        stop.abort();
        return false;
      }
      record({ type: 'message', message: { role: 'user', content, timestamp: Date.now() / 1000 } });
      return true;
    };
    last = last.then(pushing);
    return last;
  };

  const follow = async (): Promise<void> => {
    while (!until.aborted) await push(await inbox.take({ waitMs, signal: until }));
  };
  // When the inbox fails, the seat fails later, when it leaves its channels.
  follow().catch(() => {});

  return {
    async settle() {
      const pushed = !until.aborted && (await push(await inbox.take()));
      if (!pushed) stop.abort();
      return pushed;
    },
    [Symbol.dispose]: () => stop.abort(),
  };
}
