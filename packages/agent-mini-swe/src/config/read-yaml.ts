import { ConfigError, getMessage } from '@cooperbench/core';
import { readWholeFile } from '@cooperbench/core/read-file';
import { LineCounter, parseDocument } from 'yaml';

const maxBytes = 16 * 1024 * 1024;

/**
 * Reads the value of a YAML or JSON file. An empty file is an empty object. @throws ConfigError `code`, with line and column.
 */
export async function readYaml(path: string, code: string, fileKind: string): Promise<unknown> {
  const createFileError = (detail: string): ConfigError =>
    new ConfigError(code, `The ${fileKind} ${path} ${detail}`);
  let text: string;
  try {
    text = readWholeFile(path, { maxBytes }).toString();
  } catch (error) {
    throw createFileError(`cannot be read: ${getMessage(error)}`);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw createFileError(`is not YAML: ${error.message} (line ${line}, column ${col})`);
  }
  try {
    return document.toJS() ?? {};
  } catch (error) {
    throw createFileError(`is not usable YAML: ${getMessage(error)}`);
  }
}
