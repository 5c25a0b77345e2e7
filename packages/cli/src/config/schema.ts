import { runDefaults } from '@cooperbench/core/defaults';
import { type Static, type TSchema, Type } from 'typebox';

interface More {
  readonly default?: string | number | boolean;
}
const text = (description: string, more: More = {}): ReturnType<typeof Type.String> =>
  Type.String({ description, minLength: 1, ...more });
const flag = (description: string, more: More = {}): ReturnType<typeof Type.Boolean> =>
  Type.Boolean({ description, ...more });
const count = (
  description: string,
  more: More & { readonly minimum?: number } = {},
): ReturnType<typeof Type.Integer> => Type.Integer({ description, minimum: 1, ...more });
const amount = (description: string, more: More = {}): ReturnType<typeof Type.Number> =>
  Type.Number({ description, minimum: 0, ...more });
const oneOf = <const T extends readonly string[]>(description: string, values: T, more: More) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values], description, ...more });
const byName = (description: string) =>
  Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown()), { description });

/** Settings that flags have as well: each key is the flag's environment variable without `COOPERBENCH_`, in camelCase. */
export const flagSettings = {
  name: text('Experiment name.'),
  subset: text('Subset of the dataset.'),
  repo: text('Only tasks of this repository.'),
  task: count('Only the task with this id.', { minimum: 0 }),
  features: Type.Array(count('A feature.', { minimum: 0 }), {
    description: 'Only this group of two or more features.',
    minItems: 2,
  }),
  model: text('Model, as LiteLLM names it.', { default: runDefaults.modelName }),
  agent: text('Agent framework.', { default: runDefaults.agent }),
  concurrency: count('Trials at once.', { default: runDefaults.concurrency }),
  setting: oneOf('Whether agents work together or one works alone.', ['coop', 'solo'], {
    default: runDefaults.setting,
  }),
  backend: text('Where sandboxes come from.', { default: runDefaults.backend }),
  redis: text('Redis URL; messages then go through Redis.'),
  bus: text("Message bus by name: memory, redis, or a plugin's."),
  git: flag('Share git branches between the agents.', { default: false }),
  messaging: flag('Messages between the agents.', { default: true }),
  autoEval: flag('Evaluate after the run.', { default: true }),
  evalConcurrency: count('Evaluations at once.', { default: runDefaults.evalConcurrency }),
  agentConfig: text('Configuration file handed to the agent.'),
  baseUrl: text("Endpoint that speaks the model provider's protocol."),
  maxCost: amount('US dollars a seat may spend.', { default: runDefaults.maxCostUsd }),
  maxSteps: count('Steps a seat may take.', { default: runDefaults.maxSteps }),
  timeout: Type.String({
    description: 'Time a seat may take.',
    pattern: '^([0-9]+(\\.[0-9]+)?(ms|[smhd]))+$|\\$\\{',
    title: 'a duration such as "45s", "30m" or "1h30m"',
    default: `${runDefaults.timeoutMs / 3_600_000}h`,
  }),
  budget: amount('US dollars the whole run may spend, or the whole experiment.'),
  datasetDir: text('Where the tasks are.', { default: runDefaults.datasetDir }),
  logDir: text('Where runs are kept.', { default: runDefaults.logsDir }),
  reporter: oneOf('How progress is shown.', ['default', 'json', 'silent'], { default: 'default' }),
  failUnder: amount('Exit 3 when the pass rate is lower than this percentage.'),
  unisolated: flag(
    "Allow a backend that isolates nothing, such as local without bubblewrap, to run a model's commands.",
    {
      default: false,
    },
  ),
  evaluator: text('Evaluator by name.', { default: runDefaults.evaluator }),
  mergePolicy: text("What happens to patches that conflict: union, strict, lead, or a plugin's.", {
    default: runDefaults.mergePolicy,
  }),
  buildConcurrency: count('Images built at once.'),
  datasetRevision: text('Branch, tag or commit of the public dataset.'),
  prepareConcurrency: count('Downloads at once.'),
  demoBackend: text('Where sandboxes of the demo come from.'),
};

const optional = <T extends Record<string, TSchema>>(properties: T) =>
  Object.fromEntries(Object.entries(properties).map(([key, schema]) => [key, Type.Optional(schema)])) as {
    [K in keyof T]: ReturnType<typeof Type.Optional<T[K]>>;
  };

const seat = Type.Object(
  optional({
    agent: text('Agent framework of this seat.'),
    model: text('Model of this seat.'),
    backend: text('Where its sandbox comes from.'),
  }),
  { additionalProperties: false, description: 'Who sits there.' },
);

/** What a file, a profile and an experiment may set. */
export const settings = optional({
  ...flagSettings,
  seats: Type.Record(Type.String(), seat, { description: 'Another agent, model or backend, by seat.' }),
  imagePattern: text('Names of images, with {repo} and {task}.'),
  backends: byName('Options of backends, by name.'),
  agents: byName('Options of agents, by name.'),
  buses: byName('Options of message buses, by name.'),
  evaluators: byName('Options of evaluators, by name.'),
});

/** What an experiment may vary. */
const axes = {
  ...pick('setting', 'agent', 'model', 'messaging', 'git', 'backend', 'bus', 'mergePolicy', 'evaluator'),
  ...pick('maxSteps', 'maxCost', 'timeout', 'baseUrl', 'agentConfig', 'subset', 'repo', 'task'),
  agents: byName('Options of agents, by name.'),
};

function pick<K extends keyof typeof flagSettings>(...keys: K[]): Pick<typeof flagSettings, K> {
  return Object.fromEntries(keys.map((key) => [key, flagSettings[key]])) as Pick<typeof flagSettings, K>;
}

const lists = Object.fromEntries(
  Object.entries(axes).map(([key, schema]) => [
    key,
    Type.Array(schema, {
      minItems: 1,
      uniqueItems: true,
      description: `Each of these. ${(schema as { description?: string }).description}`,
    }),
  ]),
) as { [K in keyof typeof axes]: ReturnType<typeof Type.Array<(typeof axes)[K]>> };

const closed = { additionalProperties: false } as const;

/** How a message calls a name that a run can have. */
export const runName =
  'a name of letters, digits, dots, dashes and underscores that begins with a letter or digit';
const runNamePattern = '^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$';

export function isRunName(name: string): boolean {
  return new RegExp(runNamePattern).test(name);
}

const experiment = Type.Object(
  {
    ...settings,
    name: Type.Optional(
      Type.String({
        description: 'What the names of its runs begin with.',
        pattern: `${runNamePattern}|\\$\\{`,
        title: runName,
      }),
    ),
    matrix: Type.Object(optional(lists), {
      ...closed,
      description: 'A run for every combination of these values.',
      minProperties: 1,
    }),
    exclude: Type.Optional(
      Type.Array(
        Type.Object(optional(axes), { ...closed, minProperties: 1, description: 'Values by key.' }),
        {
          description: 'Combinations that are left out: those that have all of the values of one entry.',
        },
      ),
    ),
  },
  { ...closed, description: 'A named matrix of runs.' },
);

const strings = (description: string) =>
  Type.Union([Type.String(), Type.Array(Type.String())], {
    description,
    title: 'a string or a list of strings',
  });

/** The configuration file. Options of plugins are checked by the plugins' own schemas, once these are loaded. */
export const configSchema = Type.Object(
  {
    $schema: Type.Optional(
      Type.String({ description: 'For editors: what `cooperbench config schema` prints.' }),
    ),
    extends: Type.Optional(strings('Files or packages that this file builds on.')),
    plugins: Type.Optional(
      Type.Array(Type.String(), {
        description: 'Packages, or files that begin with ./, that bring plugins.',
      }),
    ),
    ...settings,
    profiles: Type.Optional(
      Type.Record(Type.String(), Type.Object(settings, { ...closed, description: 'Settings.' }), {
        description: 'Settings by name; --profile lays those of one over the others.',
      }),
    ),
    experiments: Type.Optional(
      Type.Record(Type.String(), experiment, { description: 'By name, what run --experiment runs.' }),
    ),
  },
  closed,
);

/** Settings as a file has them. */
export type Settings = Partial<Static<ReturnType<typeof settingsObject>>>;
function settingsObject() {
  return Type.Object(settings, closed);
}
export type FileContent = Static<typeof configSchema>;
export type Experiment = Static<typeof experiment>;
