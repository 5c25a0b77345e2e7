import type { Plugin } from '@cooperbench/core';
import type { Kind } from '@cooperbench/core/host';

/** The kinds of things that a plugin may provide, with their singular. */
export const kinds = {
  agents: 'agent',
  backends: 'backend',
  settings: 'setting',
  channels: 'channel',
  buses: 'bus',
  evaluators: 'evaluator',
  mergePolicies: 'merge policy',
  reporters: 'reporter',
  networks: 'network',
} as const satisfies Record<Kind, string>;

export type ProvidedNames = Readonly<Record<keyof typeof kinds, readonly string[]>>;

/** Lists the names that a plugin provides, by kind. */
export function listProvided(plugin: Partial<Plugin>): ProvidedNames {
  const names = Object.keys(kinds).map((kind) => [
    kind,
    Object.keys(plugin[kind as keyof typeof kinds] ?? {}).sort(),
  ]);
  return Object.fromEntries(names);
}

/**
 * Formats the names that a plugin provides as text, such as `backend slurm; bus nats`. Returns an empty value if it provides
 * nothing.
 */
export function formatProvidedInWords(provided: ProvidedNames): string {
  return Object.entries(kinds)
    .flatMap(([kind, provider]) => {
      const names = provided[kind as keyof ProvidedNames];
      return names.length > 0 ? [`${provider} ${names.join(', ')}`] : [];
    })
    .join('; ');
}
