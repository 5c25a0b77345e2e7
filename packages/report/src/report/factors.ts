import type { ConfigFile } from '@cooperbench/records';
import type { Trial } from '../trials/trial.ts';

/** The options of a condition, by name, in words. */
export type Factors = Readonly<Record<string, string>>;

/** Builds the options that make a condition what it is: from config.json, and where that says nothing, from its trials. */
export function buildFactors(
  setting: string,
  trials: readonly Trial[],
  config: Partial<ConfigFile> | undefined,
): Factors {
  const identity: Readonly<Record<string, unknown>> = { ...config?.settings?.[setting]?.identity };
  const joinUnique = (values: readonly string[]): string => [...new Set(values)].sort().join(' + ');
  // In the order of the seats: a pair in which two agents swap places is another condition.
  const joinSeatValues = (key: 'agent' | 'model'): string =>
    joinUnique(trials.flatMap(({ seats }) => sortValues(seats.map((seat) => seat[key]))));
  const isNotIdentifying = notIdentifying.has.bind(notIdentifying);
  const otherFactors = Object.entries(identity).filter(
    ([key, value]) => !isNotIdentifying(key) && value !== null,
  );
  return {
    setting,
    agent: joinSeatValues('agent'),
    model: joinSeatValues('model'),
    merge_policy: joinUnique(trials.flatMap(({ merge_policy }) => merge_policy ?? [])),
    ...Object.fromEntries(otherFactors.map(([key, value]) => [key, getWords(value)])),
  };
}

/** Returns one for all seats that are equal. Returns an empty value if the trial has no seats. */
function sortValues(values: readonly string[]): string[] {
  if (values.length === 0) return [];
  return [new Set(values).size === 1 ? (values[0] ?? '') : values.join(' + ')];
}

// The trials say them, or they are no choice of the experiment.
const notIdentifying: ReadonlySet<string> = new Set([
  'agent',
  'model',
  'seats',
  'prices',
  'dataset_revision',
]);

function getWords(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join('+') || 'none';
  if (typeof value !== 'object') return String(value);
  return listLeaves(value).join(' ') || 'none';
}

/** Options in words, such as `messages.drop=0.2`. */
function listLeaves(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [`${path}=${value}`];
  return Object.entries(value).flatMap(([key, inner]) => listLeaves(inner, path ? `${path}.${key}` : key));
}

/** Lists the factors whose values differ between conditions. A condition without a factor has its default. */
export function listVariedFactors(factorLists: readonly Factors[]): Factors[] {
  const keys = [...new Set(factorLists.flatMap((factors) => Object.keys(factors)))];
  const variedKeys = keys.filter((key) => {
    const values = new Set(factorLists.map((factors) => factors[key] ?? 'default'));
    // Where one patch has all features, no merge policy plays a part, which makes no difference between policies.
    if (key === 'merge_policy') values.delete('');
    return values.size > 1;
  });
  return factorLists.map((factors) =>
    Object.fromEntries(variedKeys.map((key) => [key, factors[key] ?? 'default'])),
  );
}

/** Maximum length of a label in tables and figures. */
const longest = 40;

/**
 * Short labels from what varies, such as `coop, messages+git`. Null where one would be empty, too long, or have a URL. All are
 * null where they would not tell the conditions apart.
 */
export function findLabels(factorsList: readonly Factors[]): (string | null)[] {
  const labels = factorsList.map((factors) =>
    Object.entries(factors)
      // The model's provider says nothing that the model does not.
      .map(([key, value]) => (key === 'model' ? value.replaceAll(/[^ /]+\//g, '') : nameFactor(key, value)))
      .filter((part) => part !== '')
      .join(', '),
  );
  const areUnique = new Set(labels).size === labels.length;
  const isUsable = (label: string): boolean =>
    areUnique && label !== '' && label.length <= longest && !label.includes('://');
  return labels.map((label) => (isUsable(label) ? label : null));
}

/** A value that says nothing alone has its name before it. */
function nameFactor(key: string, value: string): string {
  if (['setting', 'agent', 'merge_policy'].includes(key)) return value;
  if (value === 'default') return '';
  if (value === 'none') return `no ${key.replaceAll('_', ' ')}`;
  return key === 'channels' || value.includes('=') ? value : `${key} ${value}`;
}
