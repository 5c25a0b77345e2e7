import { type JsonSchema, objectSchema, option } from '@cooperbench/core';

/** Options that users set with `--backend-option __name__.KEY=VALUE`. CooperBench refuses any other key; editors show the descriptions. */
export interface Options {
  readonly folder?: string;
  readonly unisolated?: boolean;
}

export const options: JsonSchema = objectSchema<Options>({
  folder: option.text("Where the sandboxes' folders are. By default the system's temporary folder."),
  unisolated: option.flag("Let a model's commands run without isolation. --unisolated sets it."),
});
