import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scratch } from './cli.test.support.ts';

/** Imports one of the fakes of the Google Cloud backend. No package contains them. */
export function importFake<T>(file: string): Promise<T> {
  return import(new URL(`../../../backend-gcp/test/${file}`, import.meta.url).href) as Promise<T>;
}

/** Writes a configuration with these options of the backend. */
export function configureGcp(place: Scratch, options: object): void {
  const configuration = { backendOptions: { gcp: options } };
  writeFileSync(join(place.root, 'cooperbench.config.json'), JSON.stringify(configuration));
}
