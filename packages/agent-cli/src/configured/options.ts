import { type FrameworkOptions, modelOptions } from '@cooperbench/agent-kit/definition';
import { apis } from '@cooperbench/agent-kit/providers';
import { type JsonSchema, type ModelPrice, objectSchema, option } from '@cooperbench/core';
import type { EventRule } from './events.ts';
import type { Template } from './template.ts';

/** How to install, start and read a command-line coding agent that no plugin knows. */
export interface CliOptions {
  readonly name: string;
  readonly install?: string | undefined;
  readonly registry?: string | undefined;
  readonly api: keyof typeof apis;
  readonly command: readonly string[];
  readonly resume?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, Template>> | undefined;
  readonly input?: Template | undefined;
  readonly message?: Template | undefined;
  readonly events?: readonly EventRule[] | undefined;
  readonly price?: ModelPrice | undefined;
  readonly logRequests?: boolean | undefined;
  readonly providerFeatures?: FrameworkOptions['providerFeatures'];
}

const path = (description: string): JsonSchema =>
  option.matching('^[^.]+([.][^.]+)*$', 'a path such as message.content', description);
const argv = (description: string): JsonSchema =>
  option.list({ type: 'string' }, description, { minItems: 1 });

const rule = objectSchema<EventRule>(
  {
    when: option.record(
      { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }] },
      'Values by path. The rule applies to events that have all of them.',
    ),
    each: path(
      'An array in the event. The rule applies to each of its elements, whose paths begin with `item`.',
    ),
    say: path('A text of the model.'),
    call: objectSchema<NonNullable<EventRule['call']>>(
      { id: path('Its id.'), name: path('The tool.'), arguments: path('What the tool is given.') },
      { description: 'A call of a tool.' },
    ),
    think: path('What the model thought.'),
    result: path('What a tool answered.'),
    resultId: path('The id of the call that was answered. Default: that of `call`.'),
    subagent: path('The sub-agent that the event belongs to.'),
    failed: path('Why the CLI failed.'),
    finished: {
      type: 'boolean',
      const: true,
      description: 'The CLI has finished a turn, and waits for a message on standard input.',
    },
  },
  { required: ['when'] },
);

export const optionsSchema: JsonSchema = objectSchema<CliOptions>(
  {
    name: option.matching(
      '^[a-z0-9][a-z0-9_.-]*$',
      'a name and version such as opencode-1.18.33',
      'The name and version of the CLI.',
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
    api: option.oneOf(Object.keys(apis), 'The API that the CLI speaks.'),
    command: argv('The program and its arguments.'),
    resume: argv('The program and its arguments when messages wait after it has ended. Default: `command`.'),
    env: option.record({}, 'Variables of its environment. A value that is not a string becomes JSON.'),
    input: { description: 'A line for its standard input. A value that is not a string becomes JSON.' },
    message: { description: 'A line for its standard input that shows a message while it works.' },
    events: option.list(rule, 'What its lines of JSON mean. Absent: its output goes to the log of the seat.'),
    ...modelOptions,
  },
  { required: ['name', 'api', 'command'] },
);
