import { basename, extname } from 'node:path';
import { ConfigError, getMessage } from '@cooperbench/core/errors';
import { type Document, isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { ConfigSource } from './configuration.ts';

/** Reads YAML. Reads JSON as YAML, too, because the YAML parser reports positions. @throws ConfigError `CONFIG_SYNTAX`. */
export function readDocument(path: string, name: string, text: string): Pick<ConfigSource, 'value' | 'at'> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const describePlace = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const isJson = extname(path) === '.json';
  const fault = (isJson ? findJsonFault(text) : undefined) ?? findYamlFault(document);
  if (fault)
    throw new ConfigError('CONFIG_SYNTAX', `${describePlace(fault.offset)}: ${fault.text}.`, {
      hint: isJson ? jsonHint : yamlHint,
    });
  const section = basename(path) === 'package.json' ? ['cooperbench'] : [];
  return {
    value: contentOf(document, section, name),
    at: (keys) => describePlace(getOffset(document, [...section, ...keys])),
  };
}

const jsonHint =
  'Correct the file there. JSON needs double quotes and commas between entries, and has no comments.';
const yamlHint =
  'Correct the file there. YAML needs a space after the colon of a key, indents with equal spaces, and quotes text with special characters.';

interface SyntaxFault {
  readonly offset: number;
  readonly text: string;
}

/** Finds errors that only JSON has. Its own parser also describes errors in terms of JSON. */
function findJsonFault(json: string): SyntaxFault | undefined {
  try {
    JSON.parse(json);
  } catch (error) {
    const [, text, offset] = /^(.*?)(?: in JSON)? at position (\d+)/.exec(getMessage(error)) ?? [];
    if (text !== undefined) return { offset: Number(offset), text };
  }
  return undefined;
}

function findYamlFault({ errors: [fault] }: Document.Parsed): SyntaxFault | undefined {
  return fault && { offset: fault.pos[0], text: fault.message.replace(/;.*/s, '') };
}

/** Converts the document to plain values. @throws ConfigError `CONFIG_SYNTAX` for an alias without an anchor. */
function contentOf(document: Document, section: readonly string[], name: string): unknown {
  try {
    const value: unknown = document.toJS() ?? {};
    return section.reduce((inner, key) => (inner as Record<string, unknown>)[key], value);
  } catch (cause) {
    throw new ConfigError('CONFIG_SYNTAX', `${name}: ${getMessage(cause)}.`, { hint: yamlHint, cause });
  }
}

function getOffset(document: Document, keys: readonly string[]): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const key of keys) {
    const pair = isMap(node)
      ? node.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === key)
      : undefined;
    const place = pair?.key ?? (isSeq(node) ? node.items[Number(key)] : undefined);
    if (!isNode(place)) return offset;
    offset = place.range?.[0] ?? offset;
    node = pair ? pair.value : place;
  }
  return offset;
}
