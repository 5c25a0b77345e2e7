import { getKey } from './model.ts';

interface OfTrial {
  readonly run: string;
  readonly trial: string;
}

/** The document that a URL of model.ts names. */
export type Address =
  | { readonly kind: 'runs' }
  | { readonly kind: 'run'; readonly run: string }
  | { readonly kind: 'report'; readonly run: string }
  | ({ readonly kind: 'pair' } & OfTrial)
  | ({ readonly kind: 'diffs' } & OfTrial)
  | ({ readonly kind: 'tests' } & OfTrial)
  | ({ readonly kind: 'slice'; readonly seat: string; readonly slice: number } & OfTrial);

/** Finds the address of a URL. Returns undefined if it is none of a document. */
export function findAddress(url: string): Address | undefined {
  if (url === 'data/runs.json') return { kind: 'runs' };
  const [, keys = '', kind, slice] =
    /^data\/runs\/((?:[^/]+\/){1,3})(run|report|pair|diffs|tests|messages-(\d{1,9}))\.json$/.exec(url) ?? [];
  const names = keys.split('/').slice(0, -1).map(nameOf);
  const [run, trial, seat] = names;
  if (run === undefined || names.includes(undefined)) return undefined;
  if (kind === 'run' || kind === 'report') return names.length === 1 ? { kind, run } : undefined;
  if (trial === undefined) return undefined;
  if (kind === 'pair' || kind === 'diffs' || kind === 'tests')
    return names.length === 2 ? { kind, run, trial } : undefined;
  return seat === undefined ? undefined : { kind: 'slice', run, trial, seat, slice: Number(slice) };
}

/** Returns the name that `keyOf` turned into this key. Returns undefined if it makes no such key. */
function nameOf(key: string): string | undefined {
  try {
    const name = decodeURIComponent(key.replaceAll('=', '%'));
    return getKey(name) === key ? name : undefined;
  } catch {
    return undefined;
  }
}
