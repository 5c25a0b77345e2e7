import type { SandboxSpec } from '@cooperbench/core';
import { thisOwner } from '@cooperbench/core';
import type { Leftover } from './leftovers.ts';

/**
 * The strictest rule of all providers: at most 63 lower-case letters, digits, dashes and underscores, with a letter or digit
 * at both ends.
 */
const maxLength = 63;
/** A label that every sandbox of CooperBench has, so that a provider can list them. */
export const plainMark = { cooperbench: 'sandbox' } as const;
const owner = 'cooperbench-owner-';
const madeAt = 'cooperbench-made-at';

type Labels = Readonly<Record<string, string>>;

/** Returns the labels of a sandbox for providers that restrict labels or tags: the spec's, its name, its owner and the time. */
export function plainLabels({ name, labels }: Pick<SandboxSpec, 'name' | 'labels'>): Record<string, string> {
  const plainEntries = Object.entries({ ...labels, name }).map(
    ([key, value]) => [toPlain(key), toPlain(value)] as const,
  );
  // In hexadecimal, because every provider accepts these characters.
  const record = Buffer.from(JSON.stringify(thisOwner())).toString('hex');
  const parts = record.match(new RegExp(`.{1,${maxLength}}`, 'g')) ?? [];
  return {
    ...Object.fromEntries(plainEntries.filter(([, value]) => value !== '')),
    ...Object.fromEntries(parts.map((part, index) => [`${owner}${index}`, part])),
    ...plainMark,
    [madeAt]: String(Date.now()),
  };
}

/** Reads the owner and the time from the labels, for `removeLeftovers`. */
export function readPlainLabels(labels: Labels): Pick<Leftover, 'owner' | 'madeAtMs'> {
  let record = '';
  for (let index = 0; labels[`${owner}${index}`] !== undefined; index += 1)
    record += labels[`${owner}${index}`];
  return { owner: Buffer.from(record, 'hex').toString(), madeAtMs: Number(labels[madeAt]) };
}

function toPlain(text: string): string {
  const plainText = text.toLowerCase().replaceAll(/[^a-z0-9_-]/g, '_');
  return plainText.slice(0, maxLength).replaceAll(/^[_-]+|[_-]+$/g, '');
}
