/**
 * Returns the words of a quoted command line, as a shell would read them without expanding anything. Returns undefined if a
 * quote is not closed.
 */
export function splitShellWords(line: string): string[] | undefined {
  const word = /\s*((?:'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\\[\s\S]|[^\s'"\\])+)/y;
  const words: string[] = [];
  const text = line.trimEnd();
  while (word.lastIndex < text.length) {
    const script = word.exec(text)?.[1];
    if (script === undefined) return undefined;
    words.push(script.replaceAll(/'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|\\([\s\S])/g, unquote));
  }
  return words;
}

function unquote(_: string, single?: string, double?: string, escaped?: string): string {
  // Between double quotes, a backslash escapes these characters only.
  return single ?? double?.replaceAll(/\\([$`"\\\n])/g, '$1') ?? escaped ?? '';
}
