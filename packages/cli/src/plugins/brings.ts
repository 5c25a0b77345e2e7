import type { Plugin } from '@cooperbench/core';

/** The kinds of things a plugin may bring, and one of each. */
export const kinds = {
  agents: 'agent',
  backends: 'backend',
  settings: 'setting',
  channels: 'channel',
  buses: 'bus',
  evaluators: 'evaluator',
  mergePolicies: 'merge policy',
} as const;

export type Brought = Readonly<Record<keyof typeof kinds, readonly string[]>>;

/** The names a plugin brings, by kind. */
export function broughtBy(plugin: Partial<Plugin>): Brought {
  const names = Object.keys(kinds).map((kind) => [
    kind,
    Object.keys(plugin[kind as keyof typeof kinds] ?? {}).sort(),
  ]);
  return Object.fromEntries(names);
}

/** The same in words: `backend slurm; bus nats`. Empty when it brings nothing. */
export function broughtInWords(brought: Brought): string {
  return Object.entries(kinds)
    .flatMap(([kind, one]) => {
      const names = brought[kind as keyof Brought];
      return names.length > 0 ? [`${one} ${names.join(', ')}`] : [];
    })
    .join('; ');
}
