import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { ConfigError, checkStarted, getMessage } from '@cooperbench/core';
import { findExecutable } from './executable.ts';
import type { LocalOptions } from './options.ts';
import { asUser, findUserSwitch, takeUserId, type UserSwitch } from './sandbox-user.ts';
import { findSystemCallFilter } from './system-call-filter.ts';

/** Isolation by bubblewrap. */
export interface Bubblewrap {
  readonly kind: 'bubblewrap';
  readonly bubblewrap: string;
  /** The seccomp filter of all sandboxes. */
  readonly filter: Buffer;
  /**
   * Present when this process is root: every sandbox then has a user ID of its own, and bubblewrap's processes stay root's. If
   * it is absent, a user namespace keeps a sandbox's rights from it.
   */
  readonly userSwitch?: UserSwitch;
}

export type Isolation = Bubblewrap | { readonly kind: 'none'; readonly because: string };

/** The namespaces of an exec: all but those of users and, unless it is the host's, of the network. */
const namespaces = ['--unshare-ipc', '--unshare-pid', '--unshare-uts', '--unshare-cgroup-try'];
const always = ['--hostname', 'cooperbench', '--die-with-parent', '--new-session', '--clearenv'];
/** The capabilities that setpriv needs. It keeps none of them. */
const toSwitchUser = ['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'].flatMap((name) => ['--cap-add', name]);
const namespaceOfUsers = ['--unshare-user', '--uid', '1000', '--gid', '1000'];

/** The file descriptor from which bubblewrap reads the seccomp filter. */
export const filterDescriptor = 4;

/** Bubblewrap's arguments for an exec's namespaces and rights. */
export function confine({ userSwitch }: Pick<Bubblewrap, 'userSwitch'>, network: boolean): string[] {
  return [
    ...namespaces,
    ...(network ? [] : ['--unshare-net']),
    ...always,
    ...['--cap-drop', 'ALL', ...(userSwitch ? toSwitchUser : namespaceOfUsers)],
    ...['--seccomp', String(filterDescriptor)],
  ];
}

/** The facts about the host that the choice depends on. */
interface Host {
  readonly isRoot: boolean;
  findUserSwitch(): UserSwitch | undefined;
}

/**
 * Chooses the isolation by the option and by what works on this machine.
 * @throws ConfigError `LOCAL_BUBBLEWRAP` when the option requires bubblewrap and it does not work; Error `EMFILE`, which says
 * nothing about bubblewrap.
 */
export async function chooseIsolation(
  { isolation = 'auto' }: LocalOptions,
  host: Host = { isRoot: process.getuid?.() === 0, findUserSwitch },
): Promise<Isolation> {
  if (isolation === 'none') return { kind: 'none', because: 'isolation is set to none' };
  const result = await tryBubblewrap(host);
  if (result.kind === 'none' && isolation === 'bubblewrap') {
    throw new ConfigError(
      'LOCAL_BUBBLEWRAP',
      `isolation=bubblewrap requires bubblewrap, but ${result.because}.`,
      {
        hint: 'Install bubblewrap (apt-get install bubblewrap), or use --backend docker.',
      },
    );
  }
  return result;
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

/**
 * Refuses untrusted work that would share the host's network without the user's consent.
 * @throws ConfigError `LOCAL_NETWORK`.
 */
export function refuseHostNetwork(isolation: Isolation, untrusted: boolean, options: LocalOptions): void {
  if (isolation.kind === 'none' || !untrusted || !options.network || options.unisolated) return;
  throw new ConfigError(
    'LOCAL_NETWORK',
    "The local backend would give a model's commands the host's network, with every server on its loopback: the option network is set.",
    {
      hint: 'Remove the option, use --backend docker, whose sandboxes cannot reach the host, or accept the risk with --unisolated.',
    },
  );
}

/** Tells the user when there is no isolation. */
export function listIsolationNotices(isolation: Isolation): readonly string[] {
  if (isolation.kind === 'bubblewrap') return [];
  return [
    `The local backend runs sandboxes as plain processes, which isolates nothing: ${isolation.because}.`,
  ];
}

async function tryBubblewrap({ isRoot, findUserSwitch }: Host): Promise<Isolation> {
  if (process.platform !== 'linux') return { kind: 'none', because: 'bubblewrap exists only on Linux' };
  const bubblewrap = findExecutable('bwrap');
  if (bubblewrap === undefined) return { kind: 'none', because: 'bubblewrap is not installed' };
  const filter = findSystemCallFilter();
  if (filter === undefined)
    return { kind: 'none', because: `the system calls of ${process.arch} cannot be filtered` };
  const userSwitch = isRoot ? findUserSwitch() : undefined;
  if (isRoot && userSwitch === undefined)
    return { kind: 'none', because: 'root also needs setpriv and prlimit (apt-get install util-linux)' };
  const isolation: Isolation = { kind: 'bubblewrap', bubblewrap, filter, ...(userSwitch && { userSwitch }) };
  const failure = await findFailure(isolation);
  return failure === undefined
    ? isolation
    : { kind: 'none', because: `bubblewrap does not work here (${failure})` };
}

/** `/` is missing, because bubblewrap fails when something is unmounted below it meanwhile, as Docker does. */
const system = ['/usr', '/bin', '/lib', '/lib64', '/nix'].flatMap((path) => ['--ro-bind-try', path, path]);

/**
 * Finds the error message of bubblewrap when it starts a program as sandboxes do. Returns undefined if it can. @throws Error
 * `EMFILE`.
 */
async function findFailure(isolation: Bubblewrap): Promise<string | undefined> {
  const { bubblewrap, filter, userSwitch } = isolation;
  const command = [...(userSwitch ? asUser(userSwitch, takeUserId()) : []), '/bin/sh', '-c', ':'];
  const probe = [
    ...confine(isolation, false),
    ...system,
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    '--',
    ...command,
  ];
  const child = checkStarted(
    spawn(bubblewrap, probe, {
      cwd: '/',
      env: {},
      timeout: 10_000,
      stdio: ['ignore', 'ignore', 'pipe', 'ignore', 'pipe'],
    }),
  );
  sendFilter(child, filter);
  try {
    const [stderr, [code]] = await Promise.all([text(child.stderr as Readable), once(child, 'close')]);
    return code === 0 ? undefined : stderr.trim().split('\n').at(-1) || 'it gave no reason';
  } catch (error) {
    return getMessage(error);
  }
}

/** Sends the filter to a bubblewrap that was started with a pipe for it. */
export function sendFilter(child: ChildProcess, filter: Uint8Array): void {
  const pipe = child.stdio[filterDescriptor] as Writable;
  // A bubblewrap that fails early does not read it.
  pipe.on('error', () => {});
  pipe.end(filter);
}
