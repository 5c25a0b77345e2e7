import { createHash } from 'node:crypto';
import type { Combination } from '@cooperbench/command/config';
import type { Settings } from '@cooperbench/command/settings';
import { maskSecrets } from '@cooperbench/core/host';

/**
 * Names each run, for example `ablation-coop-openai-gpt-4o-nomessaging`. Every axis contributes a part that depends only on
 * its value, so a name stays the same when an axis gets more values. Only names that are too long or equal end in a hash.
 */
export function namesOf(prefix: string, combinations: readonly Combination[]): string[] {
  const plain = combinations.map((combination) => nameOf(prefix, combination));
  return combinations.map((combination, index) => {
    const name = plain[index] ?? '';
    const unique = plain.indexOf(name) === plain.lastIndexOf(name) && name.length <= 120;
    return unique ? name : `${name.slice(0, 120)}-${hash(combination)}`;
  });
}

function nameOf(prefix: string, combination: Combination): string {
  return [prefix, ...Object.entries(combination).map(([key, value]) => getPart(key, value))]
    .join('-')
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-');
}

function getPart(key: string, value: Combination[string]): string {
  if (typeof value === 'boolean') return value ? key : `no${key}`;
  if (Array.isArray(value)) return value.length > 0 ? [key, ...value].join('-') : `no${key}`;
  if (key === 'seats') return formatSeatsPart(value as NonNullable<Settings['seats']>);
  if (typeof value === 'object') return formatObjectPart(key, value);
  if (typeof value === 'number' || key === 'timeout') return `${key}${value}`;
  const text = String(maskSecrets(value, key, {}));
  // Of an address, its host says enough.
  if (text.includes('://') && URL.canParse(text)) return new URL(text).host;
  return text.replace(/^\.\//, '');
}

/** Options in words, such as `messages.drop-0.2`. A hash stands for those that are too long, secret, or no part of a name. */
function formatObjectPart(key: string, value: object): string {
  const words = listLeaves(maskSecrets(value, key, {})).map(([path, leaf]) => `${path}-${leaf}`);
  if (words.length === 0) return `no${key}`;
  const part = words.join('-');
  return part.length <= 40 && /^[A-Za-z0-9._-]+$/.test(part) ? part : `${key}${hash(value)}`;
}

function listLeaves(value: unknown, path = ''): (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => listLeaves(inner, path ? `${path}.${key}` : key));
}

/** Formats the part of a name for `seats`, such as `agent1-openai-gpt-4o-agent2-nop`. */
function formatSeatsPart(seats: NonNullable<Settings['seats']>): string {
  const parts = Object.entries(seats).flatMap(([seat, seatSettings]) => [
    seat,
    ...Object.entries(seatSettings).map(([key, value]) => getPart(key, value as string)),
  ]);
  return parts.length > 0 ? parts.join('-') : 'noseats';
}

function hash(value: object): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 6);
}
