import { type JsonSchema, objectSchema } from '@cooperbench/core';

/** The file of a `scripted/<file>` model. docs/guide/agents.md documents it. */
export interface ScriptFile {
  readonly scripts: readonly Script[];
}

/** One seat's turns, and which seat they are for. */
export interface Script {
  readonly match?: ScriptMatch;
  readonly turns: readonly ScriptTurn[];
}

interface ScriptMatch {
  readonly setting?: string;
  readonly seat?: string;
  readonly phase?: string;
  readonly features?: readonly number[];
  /** The last two components of the task's directory. */
  readonly task?: string;
}

export interface ScriptTurn {
  readonly say?: string;
  readonly run?: string | readonly string[];
  readonly wait_ms?: number;
  readonly usage?: ScriptUsage;
  readonly submit?: boolean;
  /** A tool call as it is, to try how the agent answers a wrong one. */
  readonly tool?: ScriptTool;
}

interface ScriptUsage {
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly cache_read_tokens?: number;
  readonly cache_write_tokens?: number;
  /** USD. */
  readonly cost?: number;
}

interface ScriptTool {
  readonly name: string;
  readonly arguments: string;
}

const text: JsonSchema = { type: 'string' };
const command: JsonSchema = { type: 'string', minLength: 1 };
const count: JsonSchema = { type: 'integer', minimum: 0 };
const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items });

const match = objectSchema<ScriptMatch>({
  setting: text,
  seat: text,
  phase: text,
  features: list({ type: 'integer' }),
  task: text,
});

const turn = objectSchema<ScriptTurn>({
  say: text,
  run: { anyOf: [command, list(command)] },
  wait_ms: count,
  usage: objectSchema<ScriptUsage>({
    input_tokens: count,
    output_tokens: count,
    cache_read_tokens: count,
    cache_write_tokens: count,
    cost: { type: 'number', minimum: 0 },
  }),
  submit: { type: 'boolean' },
  tool: objectSchema<ScriptTool>({ name: text, arguments: text }, { required: ['name', 'arguments'] }),
});

const script = objectSchema<Script>({ match, turns: list(turn) }, { required: ['turns'] });

export const scriptFileSchema: JsonSchema = objectSchema<ScriptFile>(
  { scripts: { ...list(script), minItems: 1 } },
  { required: ['scripts'] },
);
