import { join } from 'node:path';
import { type JsonSchema, listValidationMessages } from '@cooperbench/core';
import { getMessage } from '@cooperbench/core/errors';
import type { RunEvent } from '@cooperbench/records';
import { findTextAt, type OnBroken } from './read-text.ts';

const text: JsonSchema = { type: 'string' };
const number: JsonSchema = { type: 'number' };
const orNull: JsonSchema = { type: ['string', 'null'] };
const listOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
const mapOf = (values: JsonSchema): JsonSchema => ({ type: 'object', additionalProperties: values });

function fields(
  required: Readonly<Record<string, JsonSchema>>,
  extraProperties: Readonly<Record<string, JsonSchema>> = {},
): JsonSchema {
  return { type: 'object', properties: { ...required, ...extraProperties }, required: Object.keys(required) };
}

const ref = fields({ name: text, from: orNull, to: orNull });

/** The fields that readers use. Runs of earlier releases lack the others. */
const shapes = new Map<string, JsonSchema>(
  Object.entries({
    trial_started: fields({ seats: listOf(fields({ seat: text, features: listOf(number) })) }),
    sandbox_ready: fields({ seat: text }),
    seat_started: fields({ seat: text }),
    phase_started: fields({ phase: text, number, seats: listOf(text) }),
    phase_finished: fields(
      { phase: text, number },
      { handed_over: mapOf(mapOf({ type: ['number', 'null'] })) },
    ),
    step: fields({ seat: text, steps: number, cost: number }, { message: number }),
    answer: fields({ seat: text, message: number, text }),
    message: fields({ id: text, from: text, to: text, text, accepted_by: listOf(text) }),
    message_delivered: fields({ id: text, seat: text }),
    message_returned: fields({ id: text, seat: text }),
    message_dropped: fields({ id: text, seat: text }),
    message_duplicated: fields({ id: text, seat: text }),
    git: fields(
      { seat: text, service: text, exit_code: number },
      { refs: { type: ['array', 'null'], items: ref } },
    ),
    activity: fields({ seat: text, channel: text, text }),
    seat_finished: fields({ seat: text, status: text, steps: number, cost: number }, { error: orNull }),
  }),
);

const event = fields({ type: text, time: text });

/** Reads the events of a trial, in order. Returns an empty list without the file. Leaves out lines that cannot be read. */
export async function readEvents(directory: string, onBroken?: OnBroken): Promise<RunEvent[]> {
  const path = join(directory, 'events.jsonl');
  const lines = (await findTextAt(path, onBroken))?.split('\n') ?? [];
  return lines.flatMap((line, index) => {
    if (line === '') return [];
    const parsed = parseEvent(line);
    if (typeof parsed !== 'string') return parsed;
    // A process that was killed did not finish its last line.
    if (index < lines.length - 1) onBroken?.(path, `line ${index + 1} does not count: ${parsed}`);
    return [];
  });
}

/** Parses an event, or why the line is none. */
function parseEvent(line: string): RunEvent | string {
  let value: RunEvent;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return getMessage(error);
  }
  const [reason] = listValidationMessages(event, value);
  if (reason !== undefined) return reason;
  if (Number.isNaN(Date.parse(value.time))) return `time: found "${value.time}", expected a time in ISO 8601`;
  const shape = shapes.get(value.type);
  return (shape && listValidationMessages(shape, value)[0]) ?? value;
}

/** Unix seconds. */
export function getSeconds({ time }: RunEvent): number {
  return Date.parse(time) / 1000;
}
