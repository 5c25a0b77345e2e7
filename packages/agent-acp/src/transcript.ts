import { message } from '@cooperbench/agent-kit';
import type { TrajectoryMessage } from '@cooperbench/core';
import type { Json } from './connection.ts';

/** Longer texts are split, and more calls at once are closed, so that a program cannot fill the memory. */
const maxTextChars = 1 << 20;
const maxOpenCalls = 256;

/** An unfinished tool call, merged with its updates so far. */
interface OpenCall {
  readonly fields: Json;
  readonly recorded: boolean;
}

/** Turns the updates of a session into messages of the trajectory: texts, thinking, tool calls and their results. */
export class Transcript {
  readonly #record: (message: TrajectoryMessage) => void;
  readonly #calls = new Map<string, OpenCall>();
  #kind: unknown;
  #text = '';
  #began = 0;

  constructor(record: (message: TrajectoryMessage) => void) {
    this.#record = record;
  }

  update(update: Json): void {
    const kind = update?.sessionUpdate;
    if (kind === 'agent_message_chunk' || kind === 'agent_thought_chunk')
      this.#append(kind, getText(update.content));
    if (kind === 'tool_call' || kind === 'tool_call_update') this.#updateCall(update);
  }

  /** Records everything that has not been recorded. Call it at the end of a turn. */
  flush(): void {
    this.#flushText();
    for (const id of this.#calls.keys()) this.#close(id);
  }

  #append(kind: string, text: string): void {
    if (kind !== this.#kind || this.#text.length > maxTextChars) this.#flushText();
    this.#kind = kind;
    if (this.#text === '') this.#began = Date.now() / 1000;
    this.#text += text;
  }

  #flushText(): void {
    const [text, timestamp] = [this.#text, this.#began];
    if (text !== '' && this.#kind === 'agent_thought_chunk')
      this.#record(message('assistant', '', { reasoning_content: text, timestamp }));
    else if (text !== '') this.#record(message('assistant', text, { timestamp }));
    this.#text = '';
  }

  #updateCall(update: Json): void {
    this.#flushText();
    const id = String(update.toolCallId);
    const openCall = this.#calls.get(id);
    const presentFields = Object.entries(update).filter(([, value]) => value !== undefined && value !== null);
    const fields = { ...openCall?.fields, ...Object.fromEntries(presentFields) };
    const isOver = fields.status === 'completed' || fields.status === 'failed';
    // The arguments often come with a later update.
    const isComplete = isOver || (fields.status === 'in_progress' && hasKeys(fields.rawInput));
    this.#calls.set(id, { fields, recorded: openCall?.recorded ?? false });
    if (isComplete) this.#recordCall(id);
    if (isOver) {
      this.#record(message('tool', getOutput(fields), { tool_call_id: id }));
      this.#calls.delete(id);
    }
    const [oldest] = this.#calls.keys();
    if (this.#calls.size > maxOpenCalls && oldest !== undefined) this.#close(oldest);
  }

  #close(id: string): void {
    this.#recordCall(id);
    this.#calls.delete(id);
  }

  #recordCall(id: string): void {
    const call = this.#calls.get(id);
    if (call === undefined || call.recorded) return;
    const { name, kind, title, rawInput } = call.fields;
    const called = { id, name: String(name ?? kind ?? 'tool'), arguments: rawInput ?? { title } };
    this.#record(message('assistant', '', { tool_calls: [called] }));
    this.#calls.set(id, { ...call, recorded: true });
  }
}

function hasKeys(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

function getOutput({ content, rawOutput, status }: Json): string {
  const parts = Array.isArray(content) ? content.map(formatPartText).filter((text) => text !== '') : [];
  if (parts.length > 0) return parts.join('\n');
  if (rawOutput === undefined) return String(status);
  return typeof rawOutput === 'string' ? rawOutput : JSON.stringify(rawOutput);
}

function formatPartText(part: Json): string {
  return part?.type === 'diff' ? `changed ${part.path}` : getText(part?.content);
}

function getText(content: Json): string {
  if (typeof content?.text === 'string') return content.text;
  return typeof content?.resource?.text === 'string' ? content.resource.text : '';
}
