/** Lines of a test's report that are looked at, and places that are kept. */
export const maxLines = 80;
const maxPlaces = 8;
const longest = 300;
/** A longer line is no line of a stack trace. */
const longestPlace = 400;

/** A test that failed, with the lines that its runner printed about it. */
export interface Block {
  readonly name: string;
  readonly lines: readonly string[];
}

/** Returns a text of the code under test on one line, without characters that no terminal or page should get. */
export function clean(text: string): string {
  const line = text
    .replaceAll('/workspace/repo/', '')
    .replaceAll(/[\s\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

const place = /(?:^|[\s("'])(?:file:\/\/)?([\w@./~+-]{0,300}\.[A-Za-z]\w{0,7}):(\d{1,7})\b/;
const pythonPlace = /^\s{0,20}File "([^"]{1,300})", line (\d{1,7})/;
const notOwn =
  /(?:^|\/)(?:node_modules|site-packages|dist-packages|\.cargo|rustc|\.rustup)\/|^node:|<frozen|^\/usr\/|^\/root\/\.|\/lib\/python\d/;

/** `FILE:LINE` of stack traces, innermost first. Python prints the innermost last. */
export function findPlaces(lines: readonly string[], order: 'innermost first' | 'innermost last'): string[] {
  const evidence = lines.slice(0, maxLines).flatMap((line) => {
    if (line.length > longestPlace) return [];
    const [, file = '', number = ''] = pythonPlace.exec(line) ?? place.exec(line) ?? [];
    if (file === '' || notOwn.test(file)) return [];
    return `${clean(file).replace(/^\.\//, '')}:${number}`;
  });
  const ordered = order === 'innermost last' ? evidence.reverse() : evidence;
  return [...new Set(ordered)].slice(0, maxPlaces);
}

// A stack trace, an excerpt of code, or a comparison of values that the lines before already have. Of a line without the spaces
// before it: two patterns for spaces in a row would take quadratic time.
const afterMessage =
  /^(?:at |❯ |\+ expected - actual|- Expected$|>?\s*\d+ ?\||[|⎯]|Require stack:|stack: |\{$|generatedMessage: )/;

/** Returns the text before the stack trace, on one line. */
export function findMessageBeforeTrace(lines: readonly string[]): string {
  const end = lines.findIndex((line) => afterMessage.test(line.trimStart()));
  return clean(
    lines
      .slice(0, end === -1 ? maxLines : end)
      .slice(0, 8)
      .join(' '),
  );
}
