import { type JsonSchema, type ModelPrice, objectSchema, option } from '@cooperbench/core';
import type { SettingEntry, SettingType } from '../settings/entry.ts';
import { settings as table } from '../settings/table.ts';
import { buildKeysBySynonym, defaultText, type SettingKey, settingKeys } from '../settings/values.ts';

type Entry = Pick<SettingEntry, 'type' | 'minimum' | 'maximum'>;

const schemas: Readonly<Record<SettingType, (entry: Entry) => JsonSchema>> = {
  text: () => ({ type: 'string', minLength: 1 }),
  network: () => ({ type: 'string' }),
  path: () => ({ type: 'string', minLength: 1 }),
  url: () => ({ type: 'string', minLength: 1 }),
  integer: ({ minimum = 1, maximum }) => ({ type: 'integer', minimum, ...(maximum && { maximum }) }),
  dollars: () => ({ type: 'number', minimum: 0 }),
  percent: () => ({ type: 'number', minimum: 0, maximum: 100 }),
  boolean: () => ({ type: 'boolean' }),
  duration: () => ({
    type: 'string',
    pattern: '^([0-9]+(\\.[0-9]+)?(ms|[smhd]))+$|\\$\\{',
    title: 'a duration of at most 24 days, such as "45s", "30m" or "1h30m"',
  }),
  features: () => ({ type: 'array', items: { type: 'integer', minimum: 0 }, minItems: 2 }),
  names: () => ({ type: 'array', items: { type: 'string', minLength: 1 }, uniqueItems: true }),
  options: () => ({ type: 'object', additionalProperties: { type: 'object' } }),
  prices: () => ({ type: 'object', additionalProperties: price }),
};

const price = objectSchema<ModelPrice>(
  {
    input: option.number(0, 'Input tokens.'),
    output: option.number(0, 'Output tokens.'),
    cache_read: option.number(0, 'Input tokens read from a cache. By default as input.'),
    cache_write: option.number(0, 'Input tokens written to a cache. By default as input.'),
  },
  { required: ['input', 'output'], description: 'US dollars per million tokens.' },
);

function buildSchema(key: SettingKey): JsonSchema {
  const entry: SettingEntry = table[key];
  const { summary: description, values, type } = entry;
  const value = type === 'duration' ? defaultText(entry) : entry.default;
  return {
    ...schemas[type](entry),
    description,
    ...(value !== undefined && { default: value }),
    ...(values && { enum: [...values] }),
  };
}

const seat = objectSchema(
  {
    agent: option.text('Agent framework of this seat.'),
    model: option.text('Model of this seat.'),
    backend: option.text('Where the sandbox of this seat runs.'),
    baseUrl: option.text("Endpoint that speaks the protocol of this seat's model provider."),
    agentConfig: option.text('Configuration file that the agent of this seat reads.'),
  },
  { description: 'A seat.' },
);

const seatsSummary = 'Settings of single seats, by seat.';
const seats = option.record(seat, seatsSummary);

/** Schemas of the settings of a file, a profile, an experiment or the library, by key. */
export const settingSchemas: Readonly<Record<string, JsonSchema>> = {
  ...Object.fromEntries(settingKeys.map((key) => [key, buildSchema(key)])),
  seats,
};

/** Lets errors about unknown keys suggest the setting that another name means. */
export function withSynonyms(schema: JsonSchema): JsonSchema {
  const synonyms = { 'x-synonyms': buildKeysBySynonym(Object.keys(schema.properties ?? {})) };
  return { ...schema, ...synonyms };
}

const variedKeys = settingKeys.filter((key) => (table[key] as SettingEntry).varies);
const axes = { ...Object.fromEntries(variedKeys.map((key) => [key, buildSchema(key)])), seats };
const mapEach = (values: JsonSchema, summary: string): JsonSchema =>
  option.list(values, `Each of these. ${summary}`, { minItems: 1, uniqueItems: true });
const lists = {
  ...Object.fromEntries(variedKeys.map((key) => [key, mapEach(buildSchema(key), table[key].summary)])),
  seats: mapEach(seats, seatsSummary),
};

/** Describes the names that a run can have, for messages. */
export const runName =
  'a name of letters, digits, dots, dashes and underscores that begins with a letter or digit';
const runNamePattern = '^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$';

export function isRunName(name: string): boolean {
  return new RegExp(runNamePattern).test(name);
}

const experiment = withSynonyms(
  objectSchema(
    {
      ...settingSchemas,
      name: option.matching(`${runNamePattern}|\\$\\{`, runName, 'Beginning of the names of its runs.'),
      matrix: withSynonyms(
        objectSchema(lists, {
          description: 'One run for every combination of these values.',
          minProperties: 1,
        }),
      ),
      exclude: option.list(
        withSynonyms(objectSchema(axes, { minProperties: 1, description: 'Values by key.' })),
        'Leaves out each combination that has all values of an entry.',
      ),
    },
    { required: ['matrix'], description: 'A named matrix of runs.' },
  ),
);

/** The schema of configuration files. Options of plugins are checked later, against the plugins' own schemas. */
export const configSchema: JsonSchema = withSynonyms(
  objectSchema({
    $schema: {
      type: 'string',
      description: 'For editors: path of a file with the output of `cooperbench config schema`.',
    },
    extends: {
      anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
      description: 'Files or packages that this file builds on.',
      title: 'a string or a list of strings',
    },
    plugins: option.list({ type: 'string' }, 'Names of packages, or paths of files that begin with ./.'),
    ...settingSchemas,
    profiles: option.record(
      withSynonyms(objectSchema(settingSchemas, { description: 'Settings.' })),
      'Named settings. Those of --profile take precedence over the others.',
    ),
    experiments: option.record(experiment, 'Named matrices for run --experiment.'),
  }),
);
