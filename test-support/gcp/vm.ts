import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A machine of the fake: a real SSH server on an address of loopback, whose users reach this machine's Docker. */
export interface Machine {
  readonly address: string;
  /** Returns what its startup script published, by key. */
  attribute(key: string): Promise<string | undefined>;
  /** Returns the rules that its startup script gave to iptables. */
  rules(): Promise<string>;
  /** Ends it with all its processes, its container and its files. */
  end(): Promise<void>;
}

/** Programs that the startup script calls, which must not have their effect here. */
const shims = {
  curl: 'while [ $# -gt 1 ]; do [ "$1" != --data ] || data=$2; shift; done; printf %s "$data" > "$VM/${1##*/}"',
  iptables: 'echo "$@" >> "$VM/rules"',
  // A machine's own loopback is the address that it has here.
  'ssh-keyscan':
    'for last; do :; done; [ "$last" = 127.0.0.1 ] && exec /usr/bin/ssh-keyscan "$1" "$2" "$3" "$4" "$(cat "$VM/address")"',
};

/**
 * What a machine sees of this one. Not all of it: bubblewrap fails when something is unmounted below a folder that it
 * binds, and Docker unmounts whenever a container ends.
 */
const system = [
  ...['/bin', '/etc', '/lib', '/lib64', '/opt', '/sbin', '/usr'].flatMap((path) => [
    '--ro-bind-try',
    path,
    path,
  ]),
  ...['--dev', '/dev'],
];

/** Ends with its standard input, and so with this process, and takes everything of its process namespace along. */
const commands = `sh "$VM/startup-script" < /dev/null & mkdir -p /run/sshd
/usr/sbin/sshd -D -e < /dev/null & cat > /dev/null`;

/**
 * Writes them into a folder. Once, before any machine: a program that another process was started beside, while it was
 * being written, cannot be run.
 */
export async function writePrograms(bin: string): Promise<void> {
  await mkdir(bin, { recursive: true });
  for (const [program, script] of Object.entries(shims))
    await writeFile(join(bin, program), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** `bin` holds what `writePrograms` wrote. The machine lacks the programs `hidden`. */
export async function startMachine(
  folder: string,
  bin: string,
  name: string,
  metadata: Readonly<Record<string, string>>,
  address: string,
  port: number,
  hidden: readonly string[] = [],
): Promise<Machine> {
  // As Container-Optimized OS: /etc cannot be changed, and the server's key is on the partition that can. A key that the
  // server does not use lies where other systems have theirs.
  const [etc, stateful] = [join(folder, 'ssh'), join(folder, 'stateful')];
  const keys = join(stateful, 'etc/ssh');
  for (const place of [etc, keys]) {
    await mkdir(place, { recursive: true });
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(place, 'ssh_host_ed25519_key')]);
  }
  await writeFile(join(folder, 'startup-script'), metadata['startup-script'] ?? '');
  await writeFile(join(folder, 'address'), address);
  const authorized = (metadata['ssh-keys'] ?? '').split('\n').map((line) => line.replace(/^[^:]*:/, ''));
  await writeFile(join(folder, 'authorized_keys'), `${authorized.join('\n')}\n`, { mode: 0o600 });
  const settings = [
    `Port ${port}`,
    `ListenAddress ${address}`,
    'HostKey /mnt/stateful_partition/etc/ssh/ssh_host_ed25519_key',
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'LogLevel ERROR',
    'SetEnv PATH=/usr/local/bin:/usr/bin:/bin',
  ];
  await writeFile(join(etc, 'sshd_config'), `${settings.join('\n')}\n`);
  // Its own process namespace: what an SSH server starts would outlive it otherwise. Its own homes, too: a shell reads
  // what the user of this machine has in theirs, which may take longer than the command.
  const own = ['--proc', '/proc', '--tmpfs', '/run', '--tmpfs', '/tmp', '--tmpfs', userInfo().homedir];
  const socket = '/run/docker.sock';
  const places = ['--bind', socket, socket, '--symlink', '/run', '/var/run', '--ro-bind', bin, bin];
  const disks = [
    '--ro-bind',
    etc,
    '/etc/ssh',
    '--tmpfs',
    '/mnt',
    '--bind',
    stateful,
    '/mnt/stateful_partition',
  ];
  const lacks = hidden.flatMap((name) =>
    [bin, '/usr/bin', '/bin'].flatMap((at) => ['--ro-bind', '/dev/null', join(at, name)]),
  );
  const view = [...system, ...own, ...places, '--bind', folder, folder, ...disks, ...lacks];
  // Should the real iptables ever be called, it must not be able to do anything.
  const args = [...view, '--unshare-pid', '--cap-drop', 'CAP_NET_ADMIN', '--as-pid-1', 'sh', '-c', commands];
  const env = { PATH: `${bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`, VM: folder };
  const child = spawn('bwrap', args, { env, stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.on('error', () => {});
  return {
    address,
    attribute: (key) => readFile(join(folder, key), 'utf8').catch(() => undefined),
    rules: () => readFile(join(folder, 'rules'), 'utf8'),
    async end() {
      await ended(child);
      // Docker refuses while the container is being started, and when there is none.
      await run('docker', ['rm', '--force', '--volumes', name]).catch(() => {});
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function ended(child: ChildProcessByStdio<Writable, null, null>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.stdin.end();
  await exit;
}
