import { type JsonSchema, objectSchema, option } from '@cooperbench/core';

/** Options that users set with `--channel-option __name__.KEY=VALUE`. CooperBench refuses any other key; editors show the descriptions. */
export interface Options {
  readonly maxTasks?: number;
}

export const options: JsonSchema = objectSchema<Options>({
  maxTasks: option.integer(1, 'Tasks that the list can have.', { default: 100 }),
});
