import type { JsonSchema } from '../contracts/json-schema.ts';

/**
 * Returns the schema of an object of the type `O`, such as a plugin's options. The schema refuses keys that `O` does not have.
 * A key that is not `required` may be left out.
 */
export function objectSchema<O extends object = Readonly<Record<string, unknown>>>(
  properties: { readonly [K in keyof O]-?: JsonSchema },
  { required = [], ...more }: OptionsMore<O> = {},
): JsonSchema {
  return {
    type: 'object',
    properties,
    ...(required.length > 0 && { required: [...required] }),
    additionalProperties: false,
    ...more,
  };
}

interface OptionsMore<O> {
  readonly required?: readonly (keyof O & string)[];
  readonly description?: string;
  readonly minProperties?: number;
}

interface NumberMore {
  readonly maximum?: number;
  readonly default?: number;
}

/**
 * Schemas of single options. An error says which value is expected.
 *
 * @example
 * option.integer(1, 'Jobs at once.', { maximum: 64, default: 8 }); // 1 to 64
 */
export const option = {
  text: (description: string, options: { readonly default?: string } = {}): JsonSchema => ({
    type: 'string',
    minLength: 1,
    description,
    ...options,
  }),
  path: (description: string, options: { readonly default?: string } = {}): JsonSchema =>
    option.matching('^/.', 'an absolute path', description, options),
  /** A text that matches a regular expression. `title` describes it in errors, such as `a command without spaces`. */
  matching: (
    pattern: string,
    title: string,
    description: string,
    options: { readonly default?: string } = {},
  ): JsonSchema => ({ type: 'string', pattern, title, description, ...options }),
  oneOf: (
    choices: readonly string[],
    description: string,
    options: { readonly default?: string } = {},
  ): JsonSchema => ({ enum: [...choices], description, ...options }),
  /** A number from `minimum` to `maximum`. */
  number: (minimum: number, description: string, options: NumberMore = {}): JsonSchema => ({
    type: 'number',
    minimum,
    description,
    ...options,
  }),
  /** A whole number from `minimum` to `maximum`. */
  integer: (minimum: number, description: string, options: NumberMore = {}): JsonSchema => ({
    type: 'integer',
    minimum,
    description,
    ...options,
  }),
  flag: (description: string): JsonSchema => ({ type: 'boolean', description, default: false }),
  list: (
    items: JsonSchema,
    description: string,
    options: { readonly minItems?: number; readonly uniqueItems?: true; readonly default?: string[] } = {},
  ): JsonSchema => ({ type: 'array', items, description, ...options }),
  /** An object with any keys. */
  record: (values: JsonSchema, description: string): JsonSchema => ({
    type: 'object',
    additionalProperties: values,
    description,
  }),
};

/** Picks those of the named options that are set, for a function that does not accept `undefined`. */
export function pickDefined<T, K extends keyof T>(options: T, ...names: readonly K[]): Pick<T, K> {
  const entries = names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]);
  return Object.fromEntries(entries) as Pick<T, K>;
}

/** Options of backends whose sandboxes come from images. */
export interface ImageOptions {
  /** The directory of the task's repository in its image. Default: `/workspace/repo`. */
  readonly workdir?: string;
  /** The directory of patches in the sandbox. Created if the image does not have it. Default: `/patches`. */
  readonly patchesDir?: string;
  /** Build every task's image from its Dockerfile instead of pulling it. Images of sample tasks are always built. Default: false. */
  readonly build?: boolean;
  /** Base image of Dockerfiles that take `ARG BASE`. Default: `node:24-bookworm`, which has git and Python too. */
  readonly baseImage?: string;
}

/** The defaults of `imageOptions`. */
export const imageDefaults: Required<ImageOptions> = {
  workdir: '/workspace/repo',
  patchesDir: '/patches',
  build: false,
  baseImage: 'node:24-bookworm',
};

/** The options of backends with images: `objectSchema<Options & ImageOptions>({ ...imageOptions, … })`. */
export const imageOptions: { readonly [K in keyof ImageOptions]-?: JsonSchema } = {
  workdir: option.path("Where the task's repository is in its image.", { default: imageDefaults.workdir }),
  patchesDir: option.path('Where patches are in the sandbox. Created if the image does not have it.', {
    default: imageDefaults.patchesDir,
  }),
  build: option.flag(
    "Build every task's image from its Dockerfile instead of pulling it. Images of sample tasks are always built.",
  ),
  baseImage: option.text('Base image of Dockerfiles that take ARG BASE.', {
    default: imageDefaults.baseImage,
  }),
};
