import { dirname } from 'node:path';
import { markerVariable } from '@cooperbench/backend-kit';
import { type Confinement, type ConfinementPlan, standardPath } from './confinement.ts';
import { buildSandboxEnvironment } from './environment.ts';
import { listSystemMounts, listToolMounts } from './host-system.ts';
import { listInheritedDescriptors } from './inherited-descriptors.ts';
import { type Bubblewrap, confine } from './isolation.ts';
import { listAccountMounts } from './layout.ts';
import { asUser, limitedProcesses } from './sandbox-user.ts';

const binDir = '/opt/cooperbench/bin';

/** The task's directory while its setup script runs. */
export const taskInside = '/task';

/**
 * Confines processes with bubblewrap. They see only the system's programs, read-only, and the sandbox's own directories. Each
 * exec has its own namespaces over the same directories.
 */
export function createBubblewrapConfinement(
  isolation: Bubblewrap,
  etc: string,
  plan: ConfinementPlan,
): Confinement {
  const { bubblewrap, filter, userSwitch } = isolation;
  const { layout, tools, network, task, hidden, userId } = plan;
  const sharedMounts = [
    [layout.workspace, '/workspace'],
    [layout.patches, '/patches'],
    [layout.home, '/home/agent'],
    [layout.tmp, '/tmp'],
    [layout.bin, binDir],
  ];
  const base = buildSandboxEnvironment({
    path: [binDir, ...tools.path, ...standardPath],
    home: '/home/agent',
    tmp: '/tmp',
  });
  const fixed = [
    ...confine(isolation, network),
    ...['--json-status-fd', '3'],
    // Closes inherited descriptors: bubblewrap closes those that it reads arguments from. Their content is empty by then.
    ...listInheritedDescriptors().flatMap((fd) => ['--args', String(fd)]),
    ...listSystemMounts({ bubblewrap, etc, network, local: tools.local, hidden }),
    ...(userId === undefined ? [] : listAccountMounts(layout)),
    ...listParents([...sharedMounts.map(([, target = '']) => target), ...tools.shown]),
    ...sharedMounts.flatMap((hostAndInside) => ['--bind', ...hostAndInside]),
    // Once more, because a tool may be below one of these, such as /tmp.
    ...listParents(tools.shown),
    ...listToolMounts(tools.shown, hidden),
    ...(task === undefined ? [] : ['--ro-bind', task, taskInside]),
    ...['--remount-ro', '/'],
  ];
  const user = userSwitch && userId !== undefined ? asUser(userSwitch, userId) : limitedProcesses();
  return {
    repoDir: '/workspace/repo',
    patchesDir: '/patches',
    endsItsProcesses: true,
    launch: (argv, env, marker) => {
      const variables = Object.entries({ ...base, ...env });
      const lateVariables = variables.filter(([name]) => setsLoader(name)).map((pair) => pair.join('='));
      const earlyVariables = variables.filter(([name]) => !setsLoader(name));
      return {
        file: bubblewrap,
        args: [
          ...fixed,
          ...earlyVariables.flatMap(([name, value]) => ['--setenv', name, value]),
          ...[
            '--',
            ...user,
            ...(lateVariables.length > 0 ? ['/usr/bin/env', ...lateVariables] : []),
            ...argv,
          ],
        ],
        env: { [markerVariable]: marker },
        filter,
      };
    },
  };
}

/** Creates the parents of mounts, because those that bubblewrap creates by itself belong to root alone. */
function listParents(paths: readonly string[]): string[] {
  const listAncestors = (path: string): string[] =>
    path === '/' ? [] : [...listAncestors(dirname(path)), path];
  return [...new Set(paths.map(dirname).flatMap(listAncestors))].flatMap((path) => ['--dir', path]);
}

/** Returns whether a variable makes the loader run code in a program: it must not be set before root's rights are given up. */
function setsLoader(name: string): boolean {
  return name.startsWith('LD_') || name.startsWith('GLIBC_');
}
