import { type JsonSchema, objectSchema, option } from '@cooperbench/core';

/** Options that users set with `--evaluator-option __name__.KEY=VALUE`. CooperBench refuses any other key; editors show the descriptions. */
export interface Options {
  readonly check?: string;
}

export const options: JsonSchema = objectSchema<Options>({
  check: option.text('POSIX sh, run in the repository with all patches applied: exit 0 is a pass.'),
});
