import { markerVariable } from '@cooperbench/core/backend';
import { type Confinement, type ConfinementPlan, standardPath } from './confinement.ts';
import { sandboxEnvironment } from './environment.ts';
import { systemMounts, toolMounts } from './host-system.ts';

const binDir = '/opt/cooperbench/bin';

/** The task's directory while its setup script runs. */
export const taskInside = '/task';

/** Own users, processes, network and host name. The user inside is never root, and has no capability. */
export const unshared: readonly string[] = [
  ...['--unshare-all', '--unshare-user', '--uid', '1000', '--gid', '1000', '--hostname', 'cooperbench'],
  ...['--cap-drop', 'ALL', '--die-with-parent', '--new-session', '--clearenv'],
];

/**
 * Processes that see only their sandbox: the system's programs, read-only, and the sandbox's own directories. Each exec
 * has namespaces of its own over the same directories.
 */
export function bubblewrapConfinement(bubblewrap: string, etc: string, plan: ConfinementPlan): Confinement {
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
    ...['--json-status-fd', '3'],
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
