import {
  buildTuningOptions,
  type FrameworkOptions,
  frameworkOptions,
  type TuningOptions,
} from '@cooperbench/agent-kit/definition';
import type { JsonSchema } from '@cooperbench/core';

/** The version that the tests run. */
export const testedVersion = '1.58.0';

/** Returns whether this client speaks with a server of this version. */
export const isSupported = (version: string): boolean => /^1\.58\.\d+$/.test(version);

export const supportedVersions = '1.58.x';

/** The options of the agent. */
export type OpenHandsOptions = FrameworkOptions & TuningOptions;

const title = 'OpenHands';

export const optionsSchema: JsonSchema = frameworkOptions(
  { title, version: testedVersion, registry: 'pip', retries: { default: 4, maximum: 10 } },
  buildTuningOptions(
    title,
    ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'],
    ['effort', 'contextWindow', 'temperature', 'topP'],
  ),
);
