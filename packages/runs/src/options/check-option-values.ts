import { ConfigError } from '@cooperbench/core';
import { networkPolicies, type OptionRange, optionRanges, type RunOptions } from './options.ts';

/** A host name, perhaps with `*.` before it. An address is none, so that a list cannot open a way to the host itself. */
const hostPattern = /^(\*\.)?(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+(?!\d+$)[a-z0-9-]{2,63}$/i;

/** Checks the values of options before anything else happens. @throws ConfigError `OPTION_VALUE`. */
export function checkOptionValues(
  options: Pick<RunOptions, 'prices' | 'network' | 'evalNetwork' | 'registries'> & {
    readonly [K in keyof typeof optionRanges]?: unknown;
  },
): void {
  for (const [name, range] of Object.entries(optionRanges))
    checkNumber(name, options[name as keyof typeof optionRanges], range);
  for (const [model, price] of Object.entries(options.prices ?? {}))
    for (const [name, value] of Object.entries(price))
      checkNumber(`prices["${model}"].${name}`, value, optionRanges.maxCostUsd);
  for (const name of ['network', 'evalNetwork'] as const) {
    const value = options[name];
    if (value !== undefined && !networkPolicies.includes(value))
      throw createWrongValueError(name, value, `one of ${networkPolicies.join(', ')}`);
  }
  for (const host of options.registries ?? [])
    if (!hostPattern.test(host))
      throw createWrongValueError(
        'registries',
        host,
        'names of hosts, such as pypi.example.org or *.example.org',
      );
}

function checkNumber(name: string, value: unknown, { minimum, maximum, whole }: OptionRange): void {
  if (value === undefined) return;
  const isInRange = typeof value === 'number' && value >= minimum && value <= maximum;
  if (isInRange && (!whole || Number.isInteger(value))) return;
  const kind = whole ? 'a whole number' : 'a number';
  throw createWrongValueError(name, value, `${kind} from ${minimum} to ${maximum}`);
}

function createWrongValueError(name: string, value: unknown, expected: string): ConfigError {
  const shownValue = typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : String(value);
  return new ConfigError('OPTION_VALUE', `The option ${name} is ${shownValue}; expected ${expected}.`, {
    hint: `Correct ${name}, or leave it out.`,
    about: shownValue,
  });
}
