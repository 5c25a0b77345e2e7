import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { LocalBackend } from './local-backend.ts';
import { bubblewrapTest, sampleSpec, sampleTask, sh, temporaryFolder } from './sample-task.test.support.ts';

bubblewrapTest(
  'a command cannot make a user namespace, in which it would have every capability',
  async () => {
    await using backend = new LocalBackend({ isolation: 'bubblewrap' });
    await using sandbox = await backend.create(sampleSpec(sampleTask()));
    expect(await sh(sandbox, 'unshare --user --map-root-user id -u')).toMatch(/^unshare: unshare failed: /);
    expect(await sh(sandbox, 'bwrap --unshare-user --ro-bind / / true')).toMatch(/^bwrap: /);
  },
);

/** Opens each path below /proc and /sys for writing, without writing, and prints those that it may write. */
const listWritable = `
import os, stat
for top in ('/proc', '/sys'):
    for folder, folders, files in os.walk(top):
        # Processes of the sandbox, and their aliases.
        folders[:] = [name for name in folders if not (folder == '/proc' and name.isdigit())]
        for path in [folder] + [os.path.join(folder, name) for name in files]:
            if os.path.islink(path): continue
            if os.path.isdir(path):
                if os.access(path, os.W_OK): print(path)
                continue
            try: os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
            except OSError: continue
            # Files are hidden below /dev/null.
            if os.stat(path).st_rdev != os.makedev(1, 3): print(path)
`;

bubblewrapTest('nothing below /proc or /sys that belongs to the host can be written', async () => {
  await using backend = new LocalBackend({ isolation: 'bubblewrap' });
  await using sandbox = await backend.create(sampleSpec(sampleTask()));
  await sandbox.writeFile('/tmp/list.py', listWritable);
  expect(await sh(sandbox, 'python3 /tmp/list.py && echo done')).toBe('done\n');
  const before = readFileSync('/proc/sys/kernel/core_pattern', 'utf8');
  expect(await sh(sandbox, 'echo "|/tmp/x" >/proc/sys/kernel/core_pattern')).toMatch(/core_pattern: /);
  expect(readFileSync('/proc/sys/kernel/core_pattern', 'utf8')).toBe(before);
  expect(await sh(sandbox, 'ls /sys; mount -t sysfs none /tmp')).toMatch(/^ls: .*\nmount: /);
});

/** Prints what the kernel answers to calls that a sandbox may not make, by the name of the error. */
const makeCalls = `
import ctypes, errno, platform, socket
libc = ctypes.CDLL(None, use_errno=True)
column = 0 if platform.machine() == 'x86_64' else 1
calls = {
    'io_uring_setup': ((425, 425), 1, 0), 'clone3': ((435, 435), 0, 0), 'userfaultfd': ((323, 282), 1),
    'keyctl': ((250, 219), 0, -3, 0), 'add_key': ((248, 217), 0, 0, 0, 0, 0), 'bpf': ((321, 280), 0, 0, 0),
    'perf_event_open': ((298, 241), 0, 0, 0, 0, 0), 'mount': ((165, 40), 0, 0, 0, 0, 0), 'setns': ((308, 268), 0, 0),
    'kexec_load': ((246, 104), 0, 0, 0, 0), 'init_module': ((175, 105), 0, 0, 0),
    'clone': ((56, 220), 0x10000000, 0, 0, 0, 0), 'unshare': ((272, 97), 0x20000), 'unshare time': ((272, 97), 0x80),
    'allowed: unshare of files': ((272, 97), 0x400),
}
for name, (numbers, *arguments) in calls.items():
    ctypes.set_errno(0)
    libc.syscall(numbers[column], *arguments)
    print(name, errno.errorcode.get(ctypes.get_errno(), 'ok'))
for family in (40, 38, 17, 21):
    try: socket.socket(family, socket.SOCK_STREAM); print('socket', family, 'ok')
    except OSError as error: print('socket', family, errno.errorcode[error.errno])
socket.socketpair()
for family in (socket.AF_INET, socket.AF_INET6): socket.socket(family).close()
`;

bubblewrapTest('system calls that reach beyond the sandbox are refused', async () => {
  await using backend = new LocalBackend({ isolation: 'bubblewrap' });
  await using sandbox = await backend.create(sampleSpec(sampleTask()));
  await sandbox.writeFile('/tmp/calls.py', makeCalls);
  expect((await sh(sandbox, 'python3 /tmp/calls.py')).split('\n')).toEqual([
    'io_uring_setup ENOSYS',
    'clone3 ENOSYS',
    ...['userfaultfd', 'keyctl', 'add_key', 'bpf', 'perf_event_open', 'mount', 'setns'].map(
      (n) => `${n} EPERM`,
    ),
    ...['kexec_load', 'init_module', 'clone', 'unshare', 'unshare time'].map((name) => `${name} EPERM`),
    'allowed: unshare of files ok',
    ...[40, 38, 17, 21].map((family) => `socket ${family} EAFNOSUPPORT`),
    '',
  ]);
});

bubblewrapTest(
  'no code of a sandbox runs as root, and no process of one can end or trace those of root',
  async () => {
    await using backend = new LocalBackend({ isolation: 'bubblewrap' });
    await using sandbox = await backend.create(sampleSpec(sampleTask()));
    await using two = await backend.create(sampleSpec(sampleTask()));
    const users = await Promise.all([sandbox, two].map((sandbox) => sh(sandbox, 'id -u; id -G; whoami')));
    for (const user of users) expect(user).toMatch(/^[1-9]\d+\n[1-9]\d+\nagent\n$/);
    const loaded = { env: { LD_PRELOAD: '/tmp/none.so' } };
    expect(await sh(sandbox, 'echo "$LD_PRELOAD"', loaded)).toMatch(/\/tmp\/none\.so\n/);
    if (process.getuid?.() !== 0) return;
    // The first process is bubblewrap's, which ends the others when it ends.
    expect(await sh(sandbox, '(kill -9 1; cat /proc/1/environ) 2>&1; echo alive')).toBe(
      'sh: 1: kill: Operation not permitted\n\ncat: /proc/1/environ: Permission denied\nalive\n',
    );
    expect(new Set(users).size).toBe(2);
    const owner = (await sh(sandbox, 'stat -c %u /workspace/repo/README.md /tmp /home/agent')).split('\n');
    expect(new Set(owner.slice(0, 3)).size).toBe(1);
    expect(users[0]?.startsWith(`${owner[0]}\n`)).toBe(true);
  },
);

bubblewrapTest('a preloaded library is not loaded before root’s rights are given up', async () => {
  await using backend = new LocalBackend({ isolation: 'bubblewrap' });
  await using sandbox = await backend.create(sampleSpec(sampleTask()));
  // The loader names the process for which it could not load the library.
  const output = await sh(sandbox, 'true', { env: { LD_PRELOAD: '/tmp/none.so' } });
  expect(output).not.toMatch(/setpriv|prlimit/);
});

for (const who of ['this user', 'a user without rights'])
  bubblewrapTest(`a fork bomb of ${who} meets the limit of its sandbox, and others go on`, async () => {
    const program = new URL('fork-bomb.test.support.ts', import.meta.url).pathname;
    const nobody = who === 'this user' || process.getuid?.() !== 0 ? {} : { uid: 65_534, gid: 65_534 };
    const execArgv = ['--conditions=@cooperbench/source', '--disable-warning=ExperimentalWarning'];
    const dataset = temporaryFolder();
    chmodSync(dataset, 0o755);
    const child = fork(program, [sampleTask(undefined, dataset)], { execArgv, ...nobody });
    const [answer] = await once(child, 'message');
    expect(answer).toEqual(['True\n', 'well\n']);
  });
