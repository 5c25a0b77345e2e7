import { mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

export const workspace: string = new URL('../../../../', import.meta.url).pathname;

/** What a template imports, from where this workspace has it; of core, what `tsc -b` built. */
const modules = {
  '@cooperbench/core': 'packages/core',
  '@cooperbench/agent-kit': 'packages/agent-kit',
  '@cooperbench/backend-kit': 'packages/backend-kit',
  '@cooperbench/command': 'packages/command',
  '@cooperbench/records': 'packages/records',
  '@cooperbench/runs': 'packages/runs',
  '@cooperbench/testing': 'packages/testing',
  '@oclif/core': 'packages/command/node_modules/@oclif/core',
  '@types/node': 'node_modules/@types/node',
  vitest: 'node_modules/vitest',
};

/** Lets packages in a folder be compiled and tested without `npm install`. */
export function linkModules(folder: string): void {
  for (const [name, place] of Object.entries(modules)) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(join(link, '..'), { recursive: true });
    symlinkSync(realpathSync(join(workspace, place)), link);
  }
}
