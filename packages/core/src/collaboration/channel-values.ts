import type { ChannelEvent, Note, SeatAnswer } from '../contracts/channel.ts';
import type { MetricDefinitions } from '../contracts/metric.ts';
import { requireMembers, requireText } from '../plugins/plugin-fault.ts';

/** @throws TypeError that says what is wrong with an answer. */
export function validateAnswer(seatAnswer: SeatAnswer): SeatAnswer {
  const { exitCode, stdout, stderr, settled } = requireMembers(seatAnswer, {}, 'run');
  if (exitCode !== undefined && !(Number.isInteger(exitCode) && exitCode >= 0 && exitCode <= 255))
    throw new TypeError(`run returns the exit code ${String(exitCode)}.`);
  for (const [name, text] of Object.entries({ stdout, stderr }))
    if (text !== undefined) requireText(text, `run, as ${name},`);
  if (settled !== undefined && typeof settled !== 'function')
    throw new TypeError(`run returns "settled" that is no function.`);
  return seatAnswer;
}

export function validateNotes(notes: readonly Note[]): readonly Note[] {
  if (!Array.isArray(notes)) throw new TypeError(`take returns ${String(notes)}, which is not a list.`);
  for (const note of notes) requireText(note?.text, 'take, as the text of a note,');
  return notes;
}

/** @throws TypeError for an event that core cannot count or that no file can hold. */
export function validateEvent(event: ChannelEvent): ChannelEvent {
  const required = event?.type === 'message' ? ['type', 'id', 'from', 'to', 'text'] : ['type'];
  const missing = required.filter((key) => typeof event?.[key as 'type'] !== 'string');
  if (event?.type === 'message' && !Array.isArray(event.accepted_by)) missing.push('accepted_by');
  if (missing.length > 0) throw new TypeError(`it lacks ${missing.join(', ')}.`);
  JSON.stringify(event);
  return event;
}

/** Returns a copy that is certain to fit into a JSON file. */
export function toObject(value: unknown): object {
  const copy: unknown = JSON.parse(JSON.stringify(requireMembers(value, {}, 'metrics')));
  if (typeof copy === 'object' && copy !== null && !Array.isArray(copy)) return copy;
  throw new TypeError('metrics returns no plain object.');
}

/** @throws TypeError for a value that the channel does not declare. */
export function pickDeclared(values: object, declared: MetricDefinitions): object {
  const unknownName = Object.keys(values).find((name) => !Object.hasOwn(declared, name));
  if (unknownName === undefined) return values;
  throw new TypeError(`metrics has "${unknownName}", which the channel does not declare in its "metrics".`);
}
