import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, extname, relative } from 'node:path';
import { ConfigError, messageOf } from '@cooperbench/core/errors';
import { type Document, isMap, isPair, isScalar, LineCounter, parseDocument } from 'yaml';
import { readModule } from './read-module.ts';
import { syntaxFault } from './syntax-fault.ts';

/** One configuration file, read. */
export interface ConfigSource {
  /** Absolute. */
  readonly path: string;
  /** Relative to the working directory, if it is below it. */
  readonly name: string;
  readonly sha256: string;
  readonly value: unknown;
  /** `NAME:LINE:COLUMN` of a key, or of the nearest one above it that is there. For code: `NAME`. */
  at(path: readonly string[]): string;
}

/** @throws ConfigError `CONFIG_READ`, `CONFIG_SYNTAX`, `CONFIG_LOAD`. */
export async function readConfigFile(path: string, cwd: string): Promise<ConfigSource> {
  const name = shortName(path, cwd);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(
      'CONFIG_READ',
      `The configuration file ${name} cannot be read: ${messageOf(error)}`,
      {
        hint: 'Check what it is and who may read it.',
        cause: error,
      },
    );
  }
  const sha256 = createHash('sha256').update(text).digest('hex');
  const read = /^\.[mc]?[jt]s$/.test(extname(path))
    ? await readModule(path, name)
    : readText(path, name, text);
  return { path, name, sha256, ...read };
}

export function shortName(path: string, cwd: string): string {
  const below = relative(cwd, path);
  return below.startsWith('..') ? path : below;
}

type Read = Pick<ConfigSource, 'value' | 'at'>;

/** JSON is read as the YAML that it is, for its positions. */
function readText(path: string, name: string, text: string): Read {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const where = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const fault = syntaxFault(document, text, extname(path) === '.json');
  if (fault)
    throw new ConfigError('CONFIG_SYNTAX', `${where(fault.offset)}: ${fault.text}`, {
      hint: 'Correct the file there.',
    });
  const section = basename(path) === 'package.json' ? ['cooperbench'] : [];
  const value: unknown = document.toJS() ?? {};
  return {
    value: section.length > 0 ? (value as Record<string, unknown>)[section[0] ?? ''] : value,
    at: (keys) => where(offsetOf(document, [...section, ...keys])),
  };
}

function offsetOf(document: Document, keys: readonly string[]): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const key of keys) {
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && String(isScalar(item.key) ? item.key.value : item.key) === key,
      );
      if (!pair) return offset;
      offset = rangeOf(pair.key) ?? offset;
      node = pair.value;
    } else {
      const item = (node as { items?: readonly unknown[] } | null)?.items?.[Number(key)];
      if (item === undefined) return offset;
      offset = rangeOf(item) ?? offset;
      node = item;
    }
  }
  return offset;
}

function rangeOf(node: unknown): number | undefined {
  return (node as { range?: readonly number[] } | null)?.range?.[0];
}
