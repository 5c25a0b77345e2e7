import type { Document } from 'yaml';

/** What is wrong with the syntax of YAML, or of JSON read as YAML, and where; undefined when nothing is. */
export function syntaxFault(
  document: Document.Parsed,
  text: string,
  isJson: boolean,
): { offset: number; text: string } | undefined {
  const comment = isJson ? commentIn(text) : undefined;
  if (comment !== undefined)
    return { offset: comment, text: 'JSON has no comments; in YAML they begin with #' };
  const [fault] = document.errors;
  if (fault === undefined) return unknownAlias(document, text);
  const [offset] = fault.pos;
  const say = words[fault.code];
  return { offset, text: say?.(text.slice(offset), isJson) ?? fault.message };
}

/** By the parser's code. `rest` is the text from where it stopped. */
const words: Readonly<Record<string, (rest: string, isJson: boolean) => string>> = {
  DUPLICATE_KEY: (rest) => `the key ${keyAt(rest)} is there twice`,
  BLOCK_AS_IMPLICIT_KEY: () =>
    'a second ":" within one value; indent the lines as those around them, or quote a text that has ": " in it',
  MULTILINE_IMPLICIT_KEY: (_, isJson) =>
    isJson ? noComma : 'this line has no ": " between a key and its value',
  BLOCK_IN_FLOW: () => noComma,
  BAD_INDENT: () => 'the indentation is not that of the lines around it, or a bracket above is not closed',
  TAB_AS_INDENT: () => 'a tab cannot indent; use spaces',
  MISSING_CHAR: (rest) =>
    rest.trim() === ''
      ? 'the file ends, and a bracket or a quote is not closed'
      : 'a ":" or a "," is missing here',
  BAD_SCALAR_START: ([first]) => `a text that begins with ${first} has to be quoted`,
  BAD_DQ_ESCAPE: (rest) => `${rest.slice(0, 2)} means nothing between double quotes`,
  MULTIPLE_DOCS: () => 'a second document begins; a configuration is one',
  UNEXPECTED_TOKEN: () => 'nothing more can follow here',
};

const noComma = 'a "," is missing between two keys';

function keyAt(rest: string): string {
  const [key = ''] = /^("(?:[^"\\]|\\.)*"|'[^']*'|[^\s:,}]+)/.exec(rest) ?? [];
  return /^["']/.test(key) ? key : `"${key}"`;
}

/** Where the first comment begins; quoted texts are passed over. */
function commentIn(text: string): number | undefined {
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"|(\/\/|\/\*)/g)) if (match[1]) return match.index;
  return undefined;
}

/** `*name` stands for what `&name` marks. */
function unknownAlias(document: Document.Parsed, text: string): { offset: number; text: string } | undefined {
  try {
    document.toJS();
    return undefined;
  } catch {
    const offset = Math.max(0, text.search(/\*\S/));
    return { offset, text: 'a text that begins with * has to be quoted' };
  }
}
