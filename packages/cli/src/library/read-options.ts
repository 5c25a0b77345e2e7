import { settingSchemas, withSynonyms } from '@cooperbench/command/config';
import { describeValue, findShapeFault } from '@cooperbench/command/plugins';
import {
  buildOptionsFromSettings,
  parseDuration,
  type Settings,
  settingsOf,
  splitRedisUrl,
} from '@cooperbench/command/settings';
import { type JsonSchema, objectSchema, option } from '@cooperbench/core';
import { ConfigError } from '@cooperbench/core/errors';
import { listValidationErrors } from '@cooperbench/core/host';
import type { EvaluateOptions as CoreEvaluateOptions, RunOptions as CoreRunOptions } from '@cooperbench/runs';
import type { EvaluateOptions, RunOptions } from './run-options.ts';

/** Checks options of `run` and converts them to those of core. @throws ConfigError `OPTION_INVALID`, `OPTIONS_CONTRADICT`. */
export function readRunOptions(options: RunOptions): CoreRunOptions {
  const values = checkOptions('run', options, runSchema);
  const { seats, force, signal, onEvent, spentUsd, origin, chosenByProject } = options;
  return splitRedisUrl({
    ...buildOptionsFromSettings('run', values),
    ...{ seats, force, signal, onEvent, spentUsd, origin, chosenByProject },
  });
}

/** Checks options of `evaluate` and converts them to those of core. @throws the errors of `readRunOptions`. */
export function readEvaluateOptions(options: EvaluateOptions): CoreEvaluateOptions {
  const values = checkOptions('eval', options, evaluateSchema);
  const { force, signal, onEvent, defaultBackend, spentUsd, chosenByProject } = options;
  const { runName = '', ...rest } = buildOptionsFromSettings('eval', values);
  return { ...rest, ...{ runName, force, signal, onEvent, defaultBackend, spentUsd, chosenByProject } };
}

/** Refuses options of `loadConfig` that it does not have. @throws ConfigError `OPTION_INVALID`. */
export function checkLoadOptions(options: object): void {
  refuse('loadConfig', findFaults('loadConfig', options, loadSchema));
}

/** Says what is expected instead of a value that a JSON schema cannot check. It is undefined if the value fits. */
const codeOptions: Readonly<Record<string, (value: unknown) => string | undefined>> = {
  timeout: (value) => (isDuration(value) ? undefined : settingSchemas.timeout?.title),
  signal: (value) => (hasMethods(value, 'addEventListener', 'throwIfAborted') ? undefined : 'an AbortSignal'),
  onEvent: (value) => (typeof value === 'function' ? undefined : 'a function'),
  reporter: (value) =>
    typeof value === 'string' || hasMethods(value, 'onEvent', 'close')
      ? undefined
      : 'the name of a reporter, or an object with the functions onEvent and close',
  plugins: (value) => (Array.isArray(value) ? undefined : 'a list of plugins'),
  container: (value) => (hasMethods(value, 'get', 'provide') ? undefined : 'what createContainer returns'),
  origin: isFromConfig,
  chosenByProject: isFromConfig,
};

function isDuration(value: unknown): boolean {
  try {
    return parseDuration(String(value)) > 0;
  } catch {
    return false;
  }
}

function isFromConfig(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null ? undefined : 'what loadConfig returns';
}

function hasMethods(value: unknown, ...functions: readonly string[]): boolean {
  const members = Object(value) as Record<string, unknown>;
  return functions.every((name) => typeof members[name] === 'function');
}

const spentUsd = option.number(0, 'US dollars.');
const runSchema = buildSchema('run', {
  seats: settingSchemas.seats ?? {},
  spentUsd,
  ...{ origin: {}, chosenByProject: {} },
});
const evaluateSchema = buildSchema(
  'eval',
  { defaultBackend: option.text('A backend.'), spentUsd, chosenByProject: {} },
  ['name'],
);
const loadSchema = objectSchema({ cwd: option.text('A directory.'), profile: option.text('A profile.') });

function buildSchema(
  command: 'run' | 'eval',
  ownSchemas: Readonly<Record<string, JsonSchema>>,
  required: readonly string[] = [],
): JsonSchema {
  const keys = settingsOf(command).filter(({ option }) => option !== undefined);
  return withSynonyms(
    objectSchema(
      {
        ...Object.fromEntries(
          keys.map(({ key, type }) => [key, (type !== 'duration' && settingSchemas[key]) || {}]),
        ),
        force: option.flag('Repeats what has a result.'),
        ...{ signal: {}, onEvent: {}, reporter: {}, plugins: {}, container: {} },
        ...ownSchemas,
      },
      { required: required as never },
    ),
  );
}

/** Returns the settings among the options, under their own names. */
function checkOptions(command: 'run' | 'eval', options: object, schema: JsonSchema): Settings {
  const title = command === 'run' ? 'run' : 'evaluate';
  if (typeof options !== 'object' || options === null)
    refuse(title, [`found ${describeValue(options)}, expected an object`]);
  // An option of the other function may be there without a value, as in `{ ...options, agent: undefined }`.
  const values: Record<string, unknown> = Object.fromEntries(
    Object.entries(options).filter(([key, value]) => value !== undefined || !(key in settingSchemas)),
  );
  const writtenOptions: Record<string, string> = {};
  for (const { key, alias } of settingsOf(command)) {
    if (alias === undefined || !(alias in values)) continue;
    const value = values[alias];
    delete values[alias];
    if (value === undefined) continue;
    if (values[key] !== undefined)
      throw new ConfigError(
        'OPTIONS_CONTRADICT',
        `${title}: "${alias}" is another name of "${key}", and both are given.`,
        { hint: `Remove ${alias}.` },
      );
    Object.assign(values, { [key]: value });
    writtenOptions[key] = alias;
  }
  refuse(title, findFaults(title, values, schema, writtenOptions));
  if (values.plugins !== undefined && values.container !== undefined)
    throw new ConfigError(
      'OPTIONS_CONTRADICT',
      `${title}: "plugins" and "container" are both given, but a container has its own plugins.`,
      { hint: 'Pass the plugins to createContainer.' },
    );
  return values;
}

/** @param writtenOptions names that the user gave instead of the keys. */
function findFaults(
  title: string,
  values: object,
  schema: JsonSchema,
  writtenOptions: Readonly<Record<string, string>> = {},
): string[] {
  const faults = listValidationErrors(schema, values).map(({ path: [key = '', ...inner], text }) => {
    const path = [writtenOptions[key] ?? key, ...inner].join('.');
    const isOther = key in settingSchemas && !(key in (schema.properties ?? {}));
    return `${path}${path && ': '}${isOther ? `${title} does not have this setting` : text}`;
  });
  const misfits = Object.entries(values).flatMap(([name, value]) => {
    const expected = value === undefined ? undefined : codeOptions[name]?.(value);
    return expected === undefined ? [] : [`${name}: found ${describeValue(value)}, expected ${expected}`];
  });
  const { plugins } = values as { readonly plugins?: unknown };
  return [...faults, ...misfits, ...(Array.isArray(plugins) ? plugins.flatMap(listPluginFault) : [])];
}

function listPluginFault(plugin: unknown, index: number): string[] {
  const isObject = typeof plugin === 'object' && plugin !== null && !Array.isArray(plugin);
  const fault = isObject
    ? findShapeFault(plugin, undefined)
    : `found ${describeValue(plugin)}, expected a plugin`;
  return fault === undefined ? [] : [`plugins.${index}: ${fault}`];
}

function refuse(title: string, faults: readonly string[]): void {
  if (faults.length === 0) return;
  const text =
    faults.length === 1
      ? `${title}: ${faults[0]}`
      : `The options of ${title} are not valid:\n  ${faults.join('\n  ')}`;
  throw new ConfigError('OPTION_INVALID', text, { hint: 'docs/reference/config.md lists all options.' });
}
