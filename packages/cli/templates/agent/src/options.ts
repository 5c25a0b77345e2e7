import { type JsonSchema, option, optionsOf } from '@cooperbench/core';

/** Options that users set with `--agent-option __name__.KEY=VALUE`. CooperBench refuses any other key; editors show the descriptions. */
export interface Options {
  readonly commands?: readonly string[];
}

export const options: JsonSchema = optionsOf<Options>({
  commands: option.list(
    { type: 'string', minLength: 1 },
    'Shell commands that run in order. The variable TASK holds the task of the seat.',
  ),
});
