import { constants, existsSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type JsonSchema, listValidationMessages } from '@cooperbench/core';
import { ConfigError, getMessage } from '@cooperbench/core/errors';
import { type Label, labelNames } from '../analysis/rubric.ts';
import { findTextAt, type OnBroken } from '../trials/read-text.ts';

/** A line of a trial's notes.jsonl: what a person says about it. Escape its texts: the file may come from anywhere. */
export interface Note {
  readonly by: string;
  /** ISO 8601 in UTC. */
  readonly at: string;
  /** It is empty if the note has labels but no text. */
  readonly text: string;
  /**
   * The one that explains the failure best is first. The list is empty if it is no failure of coordination, and absent if the
   * note does not label. Of the notes of one person, the last with labels counts.
   */
  readonly labels?: readonly Label[];
}

/** A note as somebody asks for it. */
export interface WantedNote {
  readonly text?: string | undefined;
  /** Names of labels, or `none` alone. Without any, the note does not label. */
  readonly labels?: readonly string[] | undefined;
  /** Defaults to the user of this machine, as does a blank text. */
  readonly by?: string | undefined;
}

/** The name of the label that stands for no failure of coordination. */
export const noLabel = 'none';

const maxCharacters = { text: 10_000, by: 100 };
/** The most bytes that the notes of one trial may have. */
const maxBytes = 1024 * 1024;

const shape: JsonSchema = {
  type: 'object',
  properties: {
    by: { type: 'string', minLength: 1, maxLength: maxCharacters.by },
    at: { type: 'string' },
    text: { type: 'string', maxLength: maxCharacters.text },
    labels: { type: 'array', items: { enum: [...labelNames] }, uniqueItems: true },
  },
  required: ['by', 'at', 'text'],
};

/** Reads the notes on a trial in the order of writing. Passes over lines that are not notes, and names them. */
export async function readNotes(directory: string, onBroken?: OnBroken): Promise<readonly Note[]> {
  const path = getPath(directory);
  // Most trials have none, and an error for each of thousands takes longer than a look.
  if (!existsSync(path)) return [];
  const lines = (await findTextAt(path, onBroken))?.split('\n') ?? [];
  return lines.flatMap((line, index) => {
    if (line === '') return [];
    const note = parseLine(line);
    if (typeof note !== 'string') return note;
    onBroken?.(path, `line ${index + 1} does not count: ${note}`);
    return [];
  });
}

/** Parses a note, or why the line is none. */
function parseLine(line: string): Note | string {
  try {
    const value: Note = JSON.parse(line);
    return listValidationMessages(shape, value)[0] ?? value;
  } catch (error) {
    return getMessage(error);
  }
}

/**
 * Adds a note to a trial. One write appends the whole line, so notes that several processes write at the same time all stay, on
 * any file system of one machine. @throws ConfigError `NOTE`: the note, or the file, cannot be written.
 */
export async function addNote(directory: string, wantedNote: WantedNote): Promise<Note> {
  const note = checkNote(wantedNote);
  const path = getPath(directory);
  const { O_APPEND, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDWR } = constants;
  try {
    await using file = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error('it is not a file');
    const { size } = stats;
    if (size >= maxBytes) throw new Error(`it has reached ${maxBytes} bytes`);
    const line = Buffer.from(`${(await endsInLine(file, size)) ? '' : '\n'}${JSON.stringify(note)}\n`);
    const { bytesWritten } = await file.write(line);
    if (bytesWritten < line.length) throw new Error('the disk took only a part of the note');
    await file.sync();
  } catch (error) {
    throw new ConfigError('NOTE', `${path} cannot be written: ${getMessage(error)}`, {
      hint: 'The notes in it are kept. Check the file, its folder and the room on the disk.',
      cause: error,
    });
  }
  return note;
}

/** Returns whether the next line may begin here: a process that was killed may have left a part of one. */
async function endsInLine(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return true;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString() === '\n';
}

/** @throws ConfigError `NOTE`. */
function checkNote({ text = '', labels: names = [], by = '' }: WantedNote): Note {
  const name = by.trim() || userInfo().username;
  if (text.trim() === '' && names.length === 0)
    throw createRefusal('The note has neither text nor a label.', 'Write a text, or choose labels.');
  for (const [field, value, maxChars] of [
    ['text', text, maxCharacters.text],
    ['name', name, maxCharacters.by],
  ] as const)
    if (value.length > maxChars)
      throw createRefusal(
        `The ${field} of the note has ${value.length} characters; expected at most ${maxChars}.`,
        'Shorten it.',
      );
  const isNone = names.length === 1 && names[0] === noLabel;
  const labels = isNone
    ? []
    : names.filter((candidate): candidate is Label =>
        labelNames.some((labelName) => labelName === candidate),
      );
  if (!isNone && labels.length < names.length)
    throw createRefusal(
      `The labels are ${names.join(', ')}; expected some of ${labelNames.join(', ')}, or ${noLabel} alone.`,
      '`none` stands for no failure of coordination.',
    );
  return {
    ...{ by: name, at: new Date().toISOString(), text: text.trim() },
    ...(names.length > 0 && { labels: [...new Set(labels)] }),
  };
}

function createRefusal(message: string, hint: string): ConfigError {
  return new ConfigError('NOTE', message, { hint });
}

function getPath(directory: string): string {
  return join(directory, 'notes.jsonl');
}
