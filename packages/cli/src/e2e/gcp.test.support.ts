import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scratch } from './cli.test.support.ts';

/** The backend, which no command has until a user installs it. */
const plugin = new URL('../../../backend-gcp/dist/index.js', import.meta.url).href;

/** Imports one of the fakes of the Google Cloud backend. No package contains them. */
export function importFake<T>(file: string): Promise<T> {
  return import(new URL(`../../../backend-gcp/test/${file}`, import.meta.url).href) as Promise<T>;
}

/** Writes a configuration that has the backend, with these options. */
export function configureGcp(place: Scratch, options: object): void {
  writeFileSync(join(place.root, 'gcp.mjs'), `export { default } from ${JSON.stringify(plugin)};\n`);
  const configuration = { plugins: ['./gcp.mjs'], backends: { gcp: options } };
  writeFileSync(join(place.root, 'cooperbench.config.json'), JSON.stringify(configuration));
}
