import { maskSecrets } from '@cooperbench/core/host';
import { withSortedKeys } from './identity.ts';

/** Selects the options of these names to record them. Masks secrets and sorts keys, so that equal options have equal JSON. */
export function buildRecordedOptions(
  options: Readonly<Record<string, unknown>> | undefined,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  const entries = names.flatMap((name) =>
    options?.[name] === undefined ? [] : [[name, maskSecrets(options[name])]],
  );
  return withSortedKeys(Object.fromEntries(entries)) as Record<string, unknown>;
}
