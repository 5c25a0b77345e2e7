import { maskSecrets } from '../records/mask-secrets.ts';
import { sorted } from './identity.ts';

/** What these parts of plugins were told, by name, for a record: without secrets, and equal options read the same. */
export function recordedOptions(
  given: Readonly<Record<string, unknown>> | undefined,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  const entries = names.flatMap((name) =>
    given?.[name] === undefined ? [] : [[name, maskSecrets(given[name])]],
  );
  return sorted(Object.fromEntries(entries)) as Record<string, unknown>;
}
