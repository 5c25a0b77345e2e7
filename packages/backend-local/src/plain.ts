import { join } from 'node:path';
import { markerVariable } from '@cooperbench/backend-kit';
import { type Confinement, type ConfinementPlan, standardPath } from './confinement.ts';
import { buildSandboxEnvironment } from './environment.ts';

/** Runs plain processes with their own directory, home and environment. Does not confine them. */
export function createPlainConfinement({ layout, tools }: ConfinementPlan): Confinement {
  const { workspace, patches, home, tmp, bin } = layout;
  const base = buildSandboxEnvironment({ path: [bin, ...tools.path, ...standardPath], home, tmp });
  return {
    repoDir: join(workspace, 'repo'),
    patchesDir: patches,
    endsItsProcesses: false,
    launch: ([file = '', ...args], env, marker) => ({
      file,
      args,
      env: { ...base, ...env, [markerVariable]: marker },
    }),
  };
}
