import { sources } from './error-codes.ts';

/** What one place in the code throws. */
export interface ThrownMessage {
  readonly code: string;
  /** The error's class. */
  readonly kind: string;
  /** What it says; `…` stands for what is only known then. */
  readonly message: string;
}

/** Every message that is written where it is thrown, sorted by code. Others are put together elsewhere. */
export function thrownMessages(): ThrownMessage[] {
  const messages = sources().flatMap(({ text }) =>
    [...text.matchAll(/new (\w+Error)\(\s*'([A-Z_]+)',\s*/g)].flatMap((found): ThrownMessage[] => {
      const [whole, kind = '', code = ''] = found;
      const message = literalAt(text, found.index + whole.length);
      return message === undefined ? [] : [{ code, kind, message }];
    }),
  );
  const distinct = new Map(messages.map((message) => [`${message.code} ${message.message}`, message]));
  return [...distinct].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, message]) => message);
}

/** The text that begins at an offset of TypeScript, its first line; undefined when none does or nothing of it is fixed. */
function literalAt(source: string, start: number): string | undefined {
  const quote = source[start] ?? '';
  if (!["'", '"', '`'].includes(quote)) return undefined;
  let text = '';
  for (let index = start + 1; index < source.length && source[index] !== quote; index += 1) {
    if (source[index] === '\\') {
      index += 1;
      text += source[index] === 'n' ? '\n' : source[index];
    } else if (quote === '`' && source.startsWith('${', index)) {
      text += '…';
      index = endOfHole(source, index + 1);
    } else text += source[index];
  }
  const [line = ''] = text.split('\n');
  return /\p{L}{2}/u.test(line) ? line.replaceAll(/…+/g, '…').trim() : undefined;
}

/** Where the brace that opens at `start` is closed. */
function endOfHole(source: string, start: number): number {
  let depth = 0;
  for (let index = start; index < source.length; index += 1) {
    if (source[index] === '{') depth += 1;
    if (source[index] === '}') depth -= 1;
    if (depth === 0) return index;
  }
  return source.length;
}
