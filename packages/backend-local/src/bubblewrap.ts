import { markerVariable } from '@cooperbench/core/backend';
import { type Confinement, type ConfinementPlan, standardPath } from './confinement.ts';
import { sandboxEnvironment } from './environment.ts';
import { systemMounts, toolMounts } from './host-system.ts';
import { inheritedDescriptors } from './inherited-descriptors.ts';
import { type Isolation, noNesting, unshared } from './isolation.ts';

const binDir = '/opt/cooperbench/bin';

/** The task's directory while its setup script runs. */
export const taskInside = '/task';

/**
 * Confines processes with bubblewrap. They see only the system's programs, read-only, and the sandbox's own directories. Each
 * exec has its own namespaces over the same directories.
 */
export function bubblewrapConfinement(
  { bubblewrap, nesting }: Extract<Isolation, { readonly kind: 'bubblewrap' }>,
  etc: string,
  plan: ConfinementPlan,
): Confinement {
  const { layout, tools, network, task, hidden } = plan;
  const shared = [
    [layout.workspace, '/workspace'],
    [layout.patches, '/patches'],
    [layout.home, '/home/agent'],
    [layout.tmp, '/tmp'],
  ];
  const base = sandboxEnvironment({
    path: [binDir, ...tools.path, ...standardPath],
    home: '/home/agent',
    tmp: '/tmp',
  });
  const fixed = [
    ...unshared,
    ...(nesting === undefined ? noNesting : []),
    ...['--json-status-fd', '3'],
    // Closes inherited descriptors: bubblewrap closes those that it reads arguments from. Their content is empty by then.
    ...inheritedDescriptors().flatMap((fd) => ['--args', String(fd)]),
    ...(network ? ['--share-net'] : []),
    ...systemMounts({ etc, network, local: tools.local, hidden }),
    ...shared.flatMap((hostAndInside) => ['--bind', ...hostAndInside]),
    ...['--bind', layout.bin, binDir],
    ...toolMounts(tools.shown, hidden),
    ...(task === undefined ? [] : ['--ro-bind', task, taskInside]),
    ...['--remount-ro', '/'],
  ];
  return {
    repoDir: '/workspace/repo',
    patchesDir: '/patches',
    launch: (argv, env, marker) => ({
      file: bubblewrap,
      args: [
        ...fixed,
        ...Object.entries({ ...base, ...env }).flatMap(([name, value]) => ['--setenv', name, value]),
        '--',
        ...argv,
      ],
      env: { [markerVariable]: marker },
      reports: true,
    }),
  };
}
