import { type JsonSchema, objectSchema, option } from '@cooperbench/core';

/** Options that users set with `--bus-option __name__.KEY=VALUE`. CooperBench refuses any other key; editors show the descriptions. */
export interface Options {
  readonly pollMs?: number;
}

export const options: JsonSchema = objectSchema<Options>({
  pollMs: option.integer(1, 'Milliseconds between two checks for new messages.', { default: 20 }),
});
