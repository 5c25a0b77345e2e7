import type { JsonSchema } from '@cooperbench/core';
import type { ToolCall } from '../model/chat-model.ts';

/** The model's only tool. */
export const bashTool: {
  readonly name: 'bash';
  readonly description: string;
  readonly inputSchema: JsonSchema;
} = {
  name: 'bash',
  description:
    'Runs a command in a fresh shell in the repository and answers with its exit code and its output ' +
    '(standard output and standard error together).',
  inputSchema: {
    type: 'object',
    properties: { command: { type: 'string', description: 'The shell command, one line or many.' } },
    required: ['command'],
    additionalProperties: false,
  },
};

/** The kernel rejects a single argument of 128 KiB or more. */
const maxCommandBytes = 100_000;

/** Reads the command of a tool call, or an explanation of the model's mistake. */
export function readCall(
  call: ToolCall,
  cutOff: boolean,
): { readonly command: string } | { readonly mistake: string } {
  if (call.name !== bashTool.name)
    return { mistake: `There is no tool "${call.name.slice(0, 80)}". The only tool is "bash".` };
  const values = parseArguments(call.arguments);
  if (values === undefined) {
    return {
      mistake: cutOff
        ? 'Your answer was cut off at the output token limit before the tool call was complete, so nothing was run. Do it in smaller steps.'
        : 'The arguments of the tool call are not a JSON object, so nothing was run. Write {"command": "…"}.',
    };
  }
  const { command } = values;
  if (typeof command !== 'string' || command.trim() === '')
    return { mistake: 'The tool call has no "command" text, so nothing was run. Write {"command": "…"}.' };
  if (command.includes('\0')) return { mistake: 'The command holds a NUL character, so nothing was run.' };
  if (Buffer.byteLength(command) > maxCommandBytes)
    return { mistake: `The command is longer than ${maxCommandBytes} bytes, so nothing was run. Split it.` };
  return { command };
}

/** Parses a tool call's arguments as an object. Returns undefined if they are not a JSON object. */
export function parseArguments(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
