import {
  buildTuningOptions,
  type FrameworkOptions,
  frameworkOptions,
  modelOptions,
  type TuningOptions,
} from '@cooperbench/agent-kit/definition';
import { apis } from '@cooperbench/agent-kit/providers';
import { type JsonSchema, objectSchema, option } from '@cooperbench/core';
import type { Template } from './template.ts';

/** A program that speaks the Agent Client Protocol: how it is installed and started, and how it reaches its model. */
export interface AcpProgram {
  /** The name and version, such as `gemini-cli-0.61.0`. */
  readonly name: string;
  readonly install?: string | undefined;
  readonly api: keyof typeof apis;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, Template>> | undefined;
  /** Contents of files in `{folder}`, by their path. */
  readonly files?: Readonly<Record<string, Template>> | undefined;
  /** The id of the method for `authenticate`, for a program that insists on it. */
  readonly authenticate?: string | undefined;
  /** The id of the mode of the session. */
  readonly mode?: string | undefined;
  /** The program accepts a prompt while it works on another, and its model sees it at the next step. */
  readonly concurrentPrompts?: boolean | undefined;
}

/** How a seat uses a program. */
export interface SeatOptions
  extends Pick<FrameworkOptions, 'registry' | 'retries' | 'price' | 'logRequests'>,
    TuningOptions {
  readonly startSeconds?: number | undefined;
}

/** Options of the agent `acp`. */
export interface AcpOptions extends AcpProgram, SeatOptions {}

/** The options of an agent with a preset. */
export interface PresetOptions extends FrameworkOptions, SeatOptions {}

export const defaultRetries = 5;
export const defaultStartSeconds = 180;

const startSeconds: JsonSchema = option.integer(
  1,
  'How long the program may take to open its session. Then the seat has failed.',
  { default: defaultStartSeconds },
);

export const acpSchema: JsonSchema = objectSchema<AcpOptions>(
  {
    name: option.matching(
      '^[a-z0-9][a-z0-9_.-]*$',
      'a name and version such as gemini-cli-0.61.0',
      'The name and version of the program.',
    ),
    install: {
      type: 'string',
      description:
        'POSIX sh that puts the command on PATH of an image, as root with network. Absent: the image already has the command.',
    },
    registry: option.matching(
      "^https?://[^\\s'@]+$",
      'an http or https address without a password',
      'The npm registry that `unpack` of `install` uses.',
    ),
    api: option.oneOf(Object.keys(apis), 'The API by which the program calls its model.'),
    command: option.list({ type: 'string' }, 'The program and its arguments.', { minItems: 1 }),
    env: option.record({}, 'Variables of its environment. A value that is not a string becomes JSON.'),
    files: option.record({}, 'Files in `{folder}`, by path. A value that is not a string becomes JSON.'),
    authenticate: option.text('The id of the authentication method that the program insists on.'),
    mode: option.text('The id of the mode that the session changes to.'),
    concurrentPrompts: option.flag(
      'The program accepts a prompt while it works on another. Absent: messages wait until it has finished.',
    ),
    effort: option.text('The value of {effort}.'),
    contextWindow: option.integer(1000, 'The value of {context_window}.'),
    temperature: option.number(0, 'The value of {temperature}.', { maximum: 2 }),
    topP: option.number(0, 'The value of {top_p}.', { maximum: 1 }),
    retries: option.integer(0, 'The value of {retries}.', { default: defaultRetries, maximum: 15 }),
    startSeconds,
    ...modelOptions,
  },
  { required: ['name', 'api', 'command'] },
);

/**
 * Returns the schema of an agent with a preset. `efforts` are the reasoning efforts that the program knows. `uses` says which
 * placeholders the preset has.
 */
export function presetSchema(
  { title, version, efforts = [] }: { title: string; version: string; efforts?: readonly string[] },
  uses: (placeholder: string) => boolean,
): JsonSchema {
  const retries = { default: defaultRetries, maximum: 15 };
  const tuning = (Object.keys(placeholders) as (keyof TuningOptions)[]).filter((name) =>
    uses(placeholders[name]),
  );
  const schema = frameworkOptions(
    { title, version, registry: 'npm', retries },
    { startSeconds, ...buildTuningOptions(title, efforts, tuning) },
  );
  const { retries: _, ...others } = schema.properties as Record<string, JsonSchema>;
  return uses('retries') || uses('attempts') ? schema : { ...schema, properties: others };
}

const placeholders: Readonly<Record<keyof TuningOptions, string>> = {
  effort: 'effort',
  contextWindow: 'context_window',
  temperature: 'temperature',
  topP: 'top_p',
};
