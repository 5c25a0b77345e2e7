import { type FrameworkOptions, modelOptions } from '@cooperbench/agent-kit/definition';
import { type JsonSchema, objectSchema } from '@cooperbench/core';

/**
 * Options that users set with `--agent-option __name__.KEY=VALUE`. CooperBench refuses any other key; editors show the
 * descriptions. `frameworkOptions` of agent-kit also has those of a program that a layer installs.
 */
export type Options = Pick<FrameworkOptions, 'price' | 'logRequests' | 'providerFeatures'>;

export const options: JsonSchema = objectSchema<Options>(modelOptions);
