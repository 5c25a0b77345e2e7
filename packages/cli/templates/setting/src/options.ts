import { type JsonSchema, objectSchema, option } from '@cooperbench/core';

/** Options that users set with `--setting-option __name__.KEY=VALUE`. CooperBench refuses any other key; editors show the descriptions. */
export interface Options {
  readonly channels?: readonly string[];
}

export const options: JsonSchema = objectSchema<Options>({
  channels: option.list(
    { type: 'string', minLength: 1 },
    'Channels that are open unless the user names others.',
    { default: ['messages', 'git'] },
  ),
});
