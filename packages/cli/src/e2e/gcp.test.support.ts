import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scratch } from './cli.test.support.ts';

/** Writes a configuration with these options of the backend. */
export function configureGcp(scratch: Scratch, options: object): void {
  const configuration = { backendOptions: { gcp: options } };
  writeFileSync(join(scratch.root, 'cooperbench.config.json'), JSON.stringify(configuration));
}
