import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ConfigError, messageOf } from '@cooperbench/core';
import { findExecutable } from './executable.ts';
import type { LocalOptions } from './options.ts';

export type Isolation =
  | {
      readonly kind: 'bubblewrap';
      readonly bubblewrap: string;
      /** Why it cannot keep its processes from creating user namespaces. Undefined: it can. */
      readonly nesting: string | undefined;
    }
  | { readonly kind: 'none'; readonly because: string };

/** Arguments for namespaces of users, processes, network and host name. The user inside is not root and has no capabilities. */
export const unshared: readonly string[] = [
  ...['--unshare-all', '--unshare-user', '--uid', '1000', '--gid', '1000', '--hostname', 'cooperbench'],
  ...['--cap-drop', 'ALL', '--die-with-parent', '--new-session', '--clearenv'],
];

/**
 * Forbids user namespaces inside a sandbox. In its own user namespace, a process has all capabilities and reaches more of the
 * kernel. Needs bubblewrap 0.8 and a writable /proc/sys/user.
 */
export const noNesting: readonly string[] = ['--disable-userns'];

/**
 * Chooses the isolation by the option and by what works on this machine.
 * @throws ConfigError `LOCAL_BUBBLEWRAP` when the option requires bubblewrap and it does not work.
 */
export async function chooseIsolation({ isolation = 'auto' }: LocalOptions): Promise<Isolation> {
  if (isolation === 'none') return { kind: 'none', because: 'isolation is set to none' };
  const found = await tryBubblewrap();
  if (found.kind === 'none' && isolation === 'bubblewrap') {
    throw new ConfigError(
      'LOCAL_BUBBLEWRAP',
      `isolation=bubblewrap requires bubblewrap, but ${found.because}.`,
      {
        hint: 'Install bubblewrap (apt-get install bubblewrap), or use --backend docker.',
      },
    );
  }
  return found;
}

/**
 * Refuses untrusted work that would run as plain processes without the user's consent.
 * @throws ConfigError `LOCAL_UNISOLATED`.
 */
export function refuseUnisolated(isolation: Isolation, untrusted: boolean, options: LocalOptions): void {
  if (isolation.kind === 'bubblewrap' || !untrusted || options.unisolated) return;
  throw new ConfigError(
    'LOCAL_UNISOLATED',
    `The local backend would run a model's commands as plain processes of this machine: ${isolation.because}.`,
    {
      hint: 'Install bubblewrap (apt-get install bubblewrap), use --backend docker, or accept the risk with --unisolated.',
    },
  );
}

/** Tells the user when there is no isolation, or less than with a recent bubblewrap. */
export function isolationNotices(isolation: Isolation): readonly string[] {
  if (isolation.kind === 'none')
    return [
      `The local backend runs sandboxes as plain processes, which isolates nothing: ${isolation.because}.`,
    ];
  if (isolation.nesting === undefined) return [];
  return [
    `Commands in local sandboxes can make user namespaces, which opens more of the kernel to them: bubblewrap cannot forbid it here (${isolation.nesting}).`,
  ];
}

async function tryBubblewrap(): Promise<Isolation> {
  if (process.platform !== 'linux') return { kind: 'none', because: 'bubblewrap exists only on Linux' };
  const bubblewrap = findExecutable('bwrap');
  if (bubblewrap === undefined) return { kind: 'none', because: 'bubblewrap is not installed' };
  const nesting = await failureOf(bubblewrap, [...unshared, ...noNesting]);
  const failure = nesting === undefined ? undefined : await failureOf(bubblewrap, unshared);
  if (failure === undefined) return { kind: 'bubblewrap', bubblewrap, nesting };
  return { kind: 'none', because: `bubblewrap does not work here (${failure})` };
}

/** Not `/`: bubblewrap fails when something is unmounted below it meanwhile, as Docker does when a container ends. */
const system = ['/usr', '/bin', '/lib', '/lib64', '/nix'].flatMap((path) => ['--ro-bind-try', path, path]);

/** The error message of bubblewrap with these arguments. Undefined: it can start a program. */
async function failureOf(bubblewrap: string, args: readonly string[]): Promise<string | undefined> {
  const probe = [...args, ...system, '--proc', '/proc', '--dev', '/dev', '/bin/sh', '-c', ':'];
  try {
    await promisify(execFile)(bubblewrap, probe, { cwd: '/', env: {}, timeout: 10_000 });
    return undefined;
  } catch (error) {
    return (error as { stderr?: string }).stderr?.trim().split('\n').at(-1) || messageOf(error);
  }
}
