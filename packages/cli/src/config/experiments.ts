import { createHash } from 'node:crypto';
import { ConfigError, checkName, settings as coreSettings, shortModel, suggest } from '@cooperbench/core';
import type { Configuration } from './configuration.ts';
import { type Layer, merge } from './merge.ts';
import type { Settings } from './schema.ts';

/** One run of an experiment. */
export interface ExperimentRun {
  readonly name: string;
  /** What was varied, by key. */
  readonly varied: Combination;
  readonly configuration: Configuration;
}

export type Combination = Readonly<Record<string, string | number | boolean>>;

/**
 * A run for every combination of an experiment's matrix, the last axis varying fastest. A setting in which nobody works
 * together has neither messages nor git, so that combinations that differ in these alone are one.
 * @throws ConfigError `UNKNOWN_EXPERIMENT`, `EXPERIMENT_EMPTY`, `RUN_NAME`.
 */
export function expand(name: string, configuration: Configuration): ExperimentRun[] {
  const found = configuration.experiments.get(name);
  if (!found)
    throw new ConfigError('UNKNOWN_EXPERIMENT', `No configuration file has an experiment "${name}".`, {
      hint: suggest(name, [...configuration.experiments.keys()]),
    });
  const { matrix, exclude = [], ...common } = found.value;
  const base: Layer = { source: found.source, path: ['experiments', name], values: common };
  const above = [...configuration.layers, base];
  const { setting } = merge(above);
  const combinations = distinct(
    combine(Object.entries(matrix))
      .map((combination) => meaningful(combination, setting))
      .filter((combination) => !exclude.some((entry) => isPart(entry, combination))),
  );
  if (combinations.length === 0)
    throw new ConfigError('EXPERIMENT_EMPTY', `The experiment "${name}" excludes every combination.`, {
      hint: `See experiments.${name}.exclude in ${found.source.name}.`,
    });
  const names = namesOf(common.name ?? name, combinations);
  return combinations.map((varied, index) => {
    const values = varied as Settings;
    const layers = [...above, { source: found.source, path: [...base.path, 'matrix'], values }];
    return {
      name: checkName(names[index] ?? ''),
      varied,
      configuration: { ...configuration, layers, values: merge(layers) },
    };
  });
}

function combine(axes: readonly (readonly [string, readonly Combination[string][]])[]): Combination[] {
  return axes.reduce<Combination[]>(
    (combinations, [key, values]) =>
      combinations.flatMap((combination) => values.map((value) => ({ ...combination, [key]: value }))),
    [{}],
  );
}

function meaningful(combination: Combination, common: string | undefined): Combination {
  const { messaging, git, ...rest } = combination;
  const setting = coreSettings[String(combination.setting ?? common)];
  return setting === undefined || setting.cooperative ? combination : rest;
}

function isPart(entry: object, combination: Combination): boolean {
  return Object.entries(entry).every(([key, value]) => combination[key] === value);
}

function distinct(combinations: readonly Combination[]): Combination[] {
  return [...new Map(combinations.map((one) => [JSON.stringify(one), one])).values()];
}

/** `ablation-coop-gpt-4o-nomessaging`: every axis has its part, so that names stay when an axis gets another value. */
function namesOf(prefix: string, combinations: readonly Combination[]): string[] {
  const plain = combinations.map((combination) => nameOf(prefix, combination));
  return combinations.map((combination, index) => {
    const name = plain[index] ?? '';
    const unique = plain.indexOf(name) === plain.lastIndexOf(name) && name.length <= 120;
    return unique ? name : `${name.slice(0, 120)}-${hash(combination)}`;
  });
}

function nameOf(prefix: string, combination: Combination): string {
  return [prefix, ...Object.entries(combination).map(([key, value]) => partOf(key, value))]
    .join('-')
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-');
}

function partOf(key: string, value: Combination[string]): string {
  if (typeof value === 'boolean') return value ? key : `no${key}`;
  if (typeof value === 'number') return `${key}${value}`;
  return key === 'timeout' ? `${key}${value}` : shortModel(value);
}

function hash(combination: Combination): string {
  return createHash('sha256').update(JSON.stringify(combination)).digest('hex').slice(0, 6);
}
