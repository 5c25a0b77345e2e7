import {
  buildTuningOptions,
  type FrameworkOptions,
  frameworkOptions,
  type TuningOptions,
} from '@cooperbench/agent-kit/definition';
import { type JsonSchema, option } from '@cooperbench/core';

/** The versions that the tests run. */
export const miniVersion = '2.4.6';
export const sweVersion = '1.1.0';

/** The efforts that LiteLLM translates for the providers. */
const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'];

export type MiniOptions = FrameworkOptions & Omit<TuningOptions, 'contextWindow'>;

export interface SweAgentOptions extends FrameworkOptions, TuningOptions {
  /** Where its source is: the address of a `.tar.gz`, or its path in the image. Default: the release on GitHub. */
  readonly source?: string | undefined;
}

const python = (title: string): JsonSchema =>
  option.matching(
    "^[^\\s'-][^\\s']*$",
    'a command without spaces',
    `A Python in the sandbox that has ${title}. If it is set, nothing is installed.`,
  );

export const miniOptions: JsonSchema = frameworkOptions(
  {
    title: 'mini-SWE-agent',
    version: miniVersion,
    registry: 'pip',
    retries: { default: 8, maximum: 15 },
  },
  {
    command: python('mini-SWE-agent'),
    ...buildTuningOptions('mini-SWE-agent', efforts, ['effort', 'temperature', 'topP']),
  },
);

export const sweOptions: JsonSchema = frameworkOptions(
  {
    title: 'SWE-agent',
    version: sweVersion,
    registry: 'pip',
    retries: { default: 8, maximum: 19 },
  },
  {
    command: python('SWE-agent'),
    ...buildTuningOptions('SWE-agent', efforts, ['effort', 'contextWindow', 'temperature', 'topP']),
    source: option.matching(
      "^(https?://[^\\s'@]+|/[^\\s']+)$",
      'an http or https address without a password, or an absolute path in the image',
      'The .tar.gz of its source. By default the release of the version on GitHub.',
    ),
  },
);
