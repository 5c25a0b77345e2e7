import { type JsonSchema, objectSchema, option } from '@cooperbench/core';

/** Options that users set with `--reporter-option __name__.KEY=VALUE`. CooperBench refuses any other key; editors show the descriptions. */
export interface Options {
  readonly failuresOnly?: boolean;
}

export const options: JsonSchema = objectSchema<Options>({
  failuresOnly: option.flag('Leave out the trials that pass.'),
});
