import { type JsonSchema, type ModelPrice, objectSchema, option } from '@cooperbench/core';
import { type ProviderFeature, providerFeatures } from '../gateway/provider-features.ts';

/** The options of every agent whose framework runs inside a sandbox. */
export interface FrameworkOptions {
  /** The version that a backend with images installs. */
  readonly version?: string | undefined;
  /** The registry that the framework comes from. Default: the setting in the image, or else the public registry. */
  readonly registry?: string | undefined;
  /** The framework's command in the sandbox. If it is set, nothing is installed. */
  readonly command?: string | undefined;
  /** How often the framework repeats a failed request. */
  readonly retries?: number | undefined;
  /** Replaces the published price of the model. */
  readonly price?: ModelPrice | undefined;
  /** Also writes the bodies of model requests to the log of the seat. */
  readonly logRequests?: boolean | undefined;
  /** What the provider may do beyond answering. Default: nothing. */
  readonly providerFeatures?: readonly ProviderFeature[] | undefined;
}

/** Options about how the model works. An agent has those that its framework can set. */
export interface TuningOptions {
  /** How much the model reasons. */
  readonly effort?: string | undefined;
  /** Tokens of the conversation, above which the framework shortens it. */
  readonly contextWindow?: number | undefined;
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
}

/** Returns the schemas of these options, for the `more` of `frameworkOptions`. `efforts` are those that the framework knows. */
export function buildTuningOptions<K extends keyof TuningOptions>(
  title: string,
  efforts: readonly string[],
  names: readonly K[],
): Readonly<Record<K, JsonSchema>> {
  const properties: Properties<TuningOptions> = {
    effort: option.oneOf(efforts, `How much the model reasons. By default ${title} decides.`),
    contextWindow: option.integer(
      1000,
      `Tokens of the conversation, above which ${title} shortens it. By default it decides by the model.`,
    ),
    temperature: option.number(0, 'The temperature of sampling.', { maximum: 2 }),
    topP: option.number(0, 'The top_p of sampling.', { maximum: 1 }),
  };
  return Object.fromEntries(names.map((name) => [name, properties[name]])) as Record<K, JsonSchema>;
}

type Properties<O> = { readonly [K in keyof O]-?: JsonSchema };

const amount: JsonSchema = { type: 'number', minimum: 0 };

/** The options about the model: `price`, `logRequests` and `providerFeatures`. */
export const modelOptions: Properties<Pick<FrameworkOptions, 'price' | 'logRequests' | 'providerFeatures'>> =
  {
    price: objectSchema<ModelPrice>(
      { input: amount, output: amount, cache_read: amount, cache_write: amount },
      { required: ['input', 'output'], description: 'The price of the model in USD per million tokens.' },
    ),
    logRequests: option.flag("The seat's log also contains the bodies of model requests."),
    providerFeatures: option.list(
      { enum: Object.keys(providerFeatures) },
      'What the provider may do beyond answering. The model gateway refuses everything else.',
    ),
  };

/** Returns the schema of these options, for an agent's definition. `more` are options of this framework only. */
export function frameworkOptions(
  framework: {
    /** The name that its users know, such as `Claude Code`. */
    readonly title: string;
    /** The version that the tests use. */
    readonly version: string;
    readonly registry: 'npm' | 'pip';
    readonly retries: { readonly default: number; readonly maximum: number };
  },
  extraProperties: Readonly<Record<string, JsonSchema>> = {},
): JsonSchema {
  const { title, version, registry, retries } = framework;
  const kind = registry === 'npm' ? 'npm registry' : 'package index';
  const published = registry === 'npm' ? "npm's own registry" : 'PyPI';
  const ownProperties: Properties<FrameworkOptions> = {
    version: option.matching(
      '^[0-9][0-9A-Za-z.-]*$',
      `a version such as ${version}`,
      `The version of ${title} that a backend with images installs.`,
      { default: version },
    ),
    registry: option.matching(
      "^https?://[^\\s'@]+$",
      'an http or https address without a password',
      `The ${kind} that ${title} comes from. By default ${registry}'s setting in the image, or else ${published}.`,
    ),
    command: option.matching(
      "^[^\\s'-][^\\s']*$",
      'a command without spaces',
      `The command that starts ${title} in the sandbox. If it is set, nothing is installed.`,
    ),
    retries: option.integer(0, `How often ${title} repeats a request that fails.`, retries),
    ...modelOptions,
  };
  return objectSchema({ ...ownProperties, ...extraProperties });
}
