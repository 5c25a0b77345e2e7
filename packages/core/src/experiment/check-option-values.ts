import { ConfigError } from '../contracts/errors.ts';
import { type OptionRange, optionRanges, type RunOptions } from './options.ts';

/** Checks the numbers of options before anything else happens. @throws ConfigError `OPTION_VALUE`. */
export function checkOptionValues(
  options: Pick<RunOptions, 'prices'> & { readonly [K in keyof typeof optionRanges]?: unknown },
): void {
  for (const [name, range] of Object.entries(optionRanges))
    checkNumber(name, options[name as keyof typeof optionRanges], range);
  for (const [model, price] of Object.entries(options.prices ?? {}))
    for (const [name, value] of Object.entries(price))
      checkNumber(`prices["${model}"].${name}`, value, optionRanges.maxCostUsd);
}

function checkNumber(name: string, value: unknown, { minimum, maximum, whole }: OptionRange): void {
  if (value === undefined) return;
  const fits = typeof value === 'number' && value >= minimum && value <= maximum;
  if (fits && (!whole || Number.isInteger(value))) return;
  const found = typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : String(value);
  const kind = whole ? 'a whole number' : 'a number';
  throw new ConfigError(
    'OPTION_VALUE',
    `The option ${name} is ${found}; expected ${kind} from ${minimum} to ${maximum}.`,
    { hint: `Correct ${name}, or leave it out.`, about: found },
  );
}
