import { isDeepStrictEqual } from 'node:util';
import {
  type Combination,
  type ConfigSource,
  type Configuration,
  createInvalidError,
  type Experiment,
  type Layer,
  merge,
  valueAt,
  withAbsolutePaths,
} from '@cooperbench/command/config';
import type { Settings } from '@cooperbench/command/settings';
import { ConfigError } from '@cooperbench/core/errors';
import type { Registry } from '@cooperbench/core/host';
import { suggest } from '@cooperbench/core/nearest';
import { checkName } from '@cooperbench/records';
import { runDefaults } from '@cooperbench/runs';
import { namesOf } from './experiment-names.ts';

/** One run of an experiment. */
export interface ExperimentRun {
  readonly name: string;
  /** The varied values, by key, as written in the file. */
  readonly varied: Combination;
  readonly configuration: Configuration;
}

/**
 * Returns a run for every combination of an experiment's matrix. The last axis varies fastest. Combinations that differ only
 * in channels of a setting without channels, or in options of another setting, become one run. A value of `seats` applies
 * only to settings that have its seats.
 * @throws ConfigError `UNKNOWN_EXPERIMENT`, `EXPERIMENT_EMPTY`, `RUN_NAME`, or `CONFIG_INVALID` for an entry of `exclude`
 * that excludes nothing.
 */
export function expand(name: string, configuration: Configuration, registry: Registry): ExperimentRun[] {
  const experiment = configuration.experiments.get(name);
  if (!experiment)
    throw new ConfigError('UNKNOWN_EXPERIMENT', `No configuration file has an experiment "${name}".`, {
      hint: suggest(name, [...configuration.experiments.keys()]),
    });
  const { source, value } = experiment;
  const { matrix, exclude = [], ...common } = value;
  const base: Layer = { source, path: ['experiments', name], values: common };
  const lowerLayers = [...configuration.layers, base];
  const allCombinations = combine(Object.entries(matrix));
  const buildValues = (combination: Combination): Settings =>
    merge([...lowerLayers, { source, path: base.path, values: combination as Settings }]);
  const uses = new Map(
    allCombinations.map((combination) => [combination, usesOf(buildValues(combination), registry)]),
  );
  checkExclude(exclude, Object.keys(matrix), allCombinations, (path) => ({
    place: source.at([...base.path, 'exclude', ...path]),
    key: [...base.path, 'exclude', ...path].join('.'),
  }));
  const combinations = removeDuplicates(
    withTheirSeats(uses)
      .map((combination) => removeUnused(combination, uses.get(combination)))
      .filter((combination) => !exclude.some((entry) => isPart(entry, combination))),
  );
  if (combinations.length === 0)
    throw new ConfigError('EXPERIMENT_EMPTY', `The experiment "${name}" excludes every combination.`, {
      hint: `See experiments.${name}.exclude in ${source.name}.`,
    });
  const names = namesOf(common.name ?? name, combinations);
  return combinations.map((combination, index) => {
    const values = withAbsolutePaths(combination, source.path) as Settings;
    const layers = [
      ...lowerLayers,
      {
        source: buildPlacedInMatrix(source, name, matrix, combination),
        path: [...base.path, 'matrix'],
        values,
      },
    ];
    return {
      name: checkName(names[index] ?? ''),
      varied: combination,
      configuration: { ...configuration, layers, values: merge(layers) },
    };
  });
}

/** The same file, but `at` places each varied key at its item in the matrix. */
function buildPlacedInMatrix(
  source: ConfigSource,
  name: string,
  matrix: Experiment['matrix'],
  combination: Combination,
): ConfigSource {
  const locate = ([
    experiments = '',
    name = '',
    list = '',
    key = '',
    ...inner
  ]: readonly string[]): string => {
    const index = matrix[key as keyof typeof matrix]?.indexOf(combination[key] as never);
    return source.at([experiments, name, list, key, String(index), ...inner]);
  };
  const items = Object.entries(combination).map(([key, item]) => {
    const index = matrix[key as keyof typeof matrix]?.indexOf(item as never);
    return [key, valueAt(source.value, ['experiments', name, 'matrix', key, String(index)])];
  });
  return { ...source, at: locate, value: { experiments: { [name]: { matrix: Object.fromEntries(items) } } } };
}

function combine(axes: readonly (readonly [string, readonly Combination[string][]])[]): Combination[] {
  return axes.reduce<Combination[]>(
    (combinations, [key, values]) =>
      combinations.flatMap((combination) => values.map((value) => ({ ...combination, [key]: value }))),
    [{}],
  );
}

function checkExclude(
  exclude: NonNullable<Experiment['exclude']>,
  variedKeys: readonly string[],
  combinations: readonly Combination[],
  placeOf: (path: readonly string[]) => { place: string; key: string },
): void {
  const lines = exclude.flatMap((entry, index) => {
    const unvaried = Object.keys(entry).filter((key) => !variedKeys.includes(key));
    const { place, key } = placeOf([String(index)]);
    if (unvaried.length === 0 && !combinations.some((combination) => isPart(entry, combination)))
      return [`${place}: ${key}: no combination has all of ${JSON.stringify(entry)}`];
    return unvaried.map((name) => {
      const inner = placeOf([String(index), name]);
      return `${inner.place}: ${inner.key}: the matrix does not vary "${name}"; it varies ${variedKeys.join(', ')}`;
    });
  });
  if (lines.length > 0)
    throw createInvalidError(
      lines,
      'An entry of "exclude" removes the combinations that have all of its values.',
    );
}

/** What a setting uses of a combination's values. */
interface Uses {
  readonly setting: string;
  readonly channels: boolean;
  /** If it is absent, any seat matches. */
  readonly seats?: readonly string[];
}

function usesOf(
  { setting = runDefaults.setting, settingOptions, features = [1, 2] }: Settings,
  registry: Registry,
): Uses {
  try {
    const createdSetting = registry.createSync('settings', setting, settingOptions?.[setting]);
    const seats = createdSetting.seats(features).map(({ id }) => id);
    return { setting, channels: createdSetting.channels !== undefined, seats };
  } catch {
    // Planning reports what is wrong with the setting.
    return { setting, channels: true };
  }
}

/** Drops values that the combination's setting does not use. */
function removeUnused(combination: Combination, uses: Uses | undefined): Combination {
  const { settingOptions, ...others } = combination;
  const usedValues = Object.hasOwn((settingOptions ?? {}) as object, uses?.setting ?? '')
    ? combination
    : others;
  const { messaging, git, channels, channelOptions, channelFaults, ...rest } = usedValues;
  return uses?.channels ? usedValues : rest;
}

/**
 * Leaves out combinations with a seat that their setting does not have. When no setting has the seat, keeps them, so that
 * planning reports the unknown seat.
 */
function withTheirSeats(uses: ReadonlyMap<Combination, Uses>): Combination[] {
  const isIncluded = (combination: Combination): boolean =>
    Object.keys(combination.seats ?? {}).every(
      (seat) => uses.get(combination)?.seats?.includes(seat) ?? true,
    );
  const combinations = [...uses.keys()];
  const placed = new Set(combinations.filter(isIncluded).map(({ seats }) => seats));
  return combinations.filter((combination) => isIncluded(combination) || !placed.has(combination.seats));
}

function isPart(entry: object, combination: Combination): boolean {
  return Object.entries(entry).every(([key, value]) => isDeepStrictEqual(combination[key], value));
}

function removeDuplicates(combinations: readonly Combination[]): Combination[] {
  return [...new Map(combinations.map((combination) => [JSON.stringify(combination), combination])).values()];
}
