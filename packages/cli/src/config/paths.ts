import { dirname, resolve } from 'node:path';
import type { Settings } from './schema.ts';

/** Settings that are paths. */
export const pathKeys: ReadonlySet<string> = new Set([
  'datasetDir',
  'logDir',
  'agentConfig',
] satisfies (keyof Settings)[]);

/** Paths of a file are relative to its folder; from here on they are absolute. */
export function placed<T extends object>(settings: T, file: string): T {
  const entries = Object.entries(settings).map(([key, value]) => [
    key,
    pathKeys.has(key) && typeof value === 'string' ? resolve(dirname(file), value) : value,
  ]);
  return Object.fromEntries(entries) as T;
}
