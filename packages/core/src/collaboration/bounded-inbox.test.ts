import { expect, test } from 'vitest';
import type { Inbox, Note } from '../contracts/channel.ts';
import { createBoundedInbox } from './bounded-inbox.ts';

/** Returns an inbox that returns everything at once, whatever it is asked for. */
function inboxOf(...texts: string[]): Inbox & { waiting: Note[] } {
  const inbox = {
    waiting: texts.map((text) => ({ text })),
    take: async () => inbox.waiting.splice(0),
    giveBack: (notes: readonly Note[]) => void inbox.waiting.unshift(...notes),
  };
  return inbox;
}

const steps = async (inbox: Inbox): Promise<string[][]> => {
  const shownLines: string[][] = [];
  for (;;) {
    const notes = await inbox.take();
    if (notes.length === 0) return shownLines;
    shownLines.push(notes.map(({ text }) => text));
  }
};

test('a partner that floods fills 16 KiB of a step, and the rest waits in order', async () => {
  const texts = Array.from({ length: 500 }, (_, index) => `${index} ${'x'.repeat(1000)}`);
  const shownLines = await steps(createBoundedInbox(inboxOf(...texts)));
  expect(shownLines.flat()).toEqual(texts);
  for (const step of shownLines) expect(Buffer.byteLength(step.join('\n'))).toBeLessThanOrEqual(16 * 1024);
  expect(shownLines.length).toBeLessThan(40);
});

test('a note that is longer than a step comes in parts that split no character', async () => {
  const text = '€😀'.repeat(10_000);
  const shownLines = (await steps(createBoundedInbox(inboxOf(text, 'next')))).map((notes) =>
    notes.join('\n'),
  );
  expect(shownLines.at(-1)).toBe('next');
  for (const step of shownLines) expect(Buffer.byteLength(step)).toBeLessThanOrEqual(16 * 1024);
  const parts = shownLines.slice(0, -1).map((part) => part.replace(/^\[…\] /, '').replace(/ \[…\]$/, ''));
  expect(parts.join('')).toBe(text);
});

test('what could not be shown comes again, also a part of a note', async () => {
  const source = inboxOf('x'.repeat(40_000), 'next');
  const inbox = createBoundedInbox(source);
  const first = await inbox.take();
  inbox.giveBack(first);
  expect(source.waiting.map(({ text }) => text.length)).toEqual([40_000, 4]);
  expect(await inbox.take()).toEqual(first);
  const second = await inbox.take();
  inbox.giveBack(second);
  expect(await inbox.take()).toEqual(second);
  expect((await steps(inbox)).flat().at(-1)).toBe('next');
});
