import type { IncomingMessage, ServerResponse } from 'node:http';
import { ConfigError, type JsonSchema, listValidationMessages } from '@cooperbench/core';
import type { Documents } from '../data/documents.ts';
import type { NoteRequest } from '../data/model.ts';

/** More than the longest note takes as JSON. */
const maxBytes = 128 * 1024;

const text: JsonSchema = { type: 'string' };
const shape: JsonSchema = {
  type: 'object',
  properties: {
    run: text,
    trial: text,
    note: { type: 'object', properties: { text, by: text, labels: { type: 'array', items: text } } },
  },
  required: ['run', 'trial', 'note'],
};

/** Adds the note that the page posted, and answers 201. @throws ConfigError `NOTE`, and what finding the trial throws. */
export async function takeNote(
  documents: Documents,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { run, trial, note } = parseRequest(await getBody(request));
  await documents.note(run, trial, note);
  response.writeHead(201).end();
}

async function getBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    bytes += piece.length;
    if (bytes > maxBytes) throw createRefusal(`it has more than ${maxBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

function parseRequest(body: string): NoteRequest {
  let value: NoteRequest;
  try {
    value = JSON.parse(body);
  } catch (error) {
    throw createRefusal((error as Error).message);
  }
  const [reason] = listValidationMessages(shape, value);
  if (reason !== undefined) throw createRefusal(reason);
  return value;
}

function createRefusal(reason: string): ConfigError {
  return new ConfigError('NOTE', `The note cannot be read: ${reason}.`, { hint: 'Reload the page.' });
}
