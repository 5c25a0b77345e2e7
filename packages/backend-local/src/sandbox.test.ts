import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { findExecutable } from './executable.ts';
import { LocalBackend } from './local-backend.ts';
import {
  bubblewrapTest,
  describeIsolation,
  inOwnSession,
  isolation,
  sampleSpec,
  sampleTask,
  sh,
  temporaryFolder,
} from './sample-task.test.support.ts';
import { namespaceEnds } from './survivors.ts';

const taskDir = sampleTask();
const bubblewrapped = new LocalBackend({ isolation: 'auto' });
afterAll(() => bubblewrapped[Symbol.asyncDispose]());

bubblewrapTest('links to files of the host lead nowhere, for reading and for writing', async () => {
  const host = temporaryFolder();
  writeFileSync(join(host, 'secret'), 'secret');
  await using sandbox = await bubblewrapped.create(sampleSpec(taskDir));
  const links = { file: join(host, 'secret'), folder: host, up: '../../../../../..', shadow: '/etc/shadow' };
  for (const [name, target] of Object.entries(links)) await sh(sandbox, `ln -s '${target}' ${name}`);
  const paths = ['file', 'folder/secret', `up${host}/secret`, 'shadow', `../../../..${host}/secret`, 'loop'];
  await sh(sandbox, 'ln -s loop loop');
  for (const path of paths)
    await expect(sandbox.readFile(`/workspace/repo/${path}`)).rejects.toThrow('Could not read');
  // Some of these names exist inside as well, where writing is the agent's own affair.
  for (const path of paths) await sandbox.writeFile(`/workspace/repo/${path}`, 'changed').catch(() => {});
  expect(readFileSync(join(host, 'secret'), 'utf8')).toBe('secret');
  expect(await readdir(host)).toEqual(['secret']);
});

test('software that an agent needs must be there already', async () => {
  const layer = (key: string, check: string) => ({ key, install: 'exit 1', check });
  const here = [layer('shell-1', 'command -v sh')];
  await using sandbox = await bubblewrapped.create(sampleSpec(taskDir, { layers: here }));
  expect(await sh(sandbox, 'cat README.md')).toBe('hello\n');
  const missing = [...here, layer('framework-2', 'echo no framework >&2; false')];
  await expect(bubblewrapped.create(sampleSpec(taskDir, { layers: missing }))).rejects.toMatchObject({
    code: 'SANDBOX_LAYER',
    message: 'The sandbox lacks framework-2, which the agent needs: no framework',
    hint: 'Install it on this machine, or use a backend with images, such as --backend docker.',
  });
});

bubblewrapTest('what is kept of a sandbox is what its processes left when they had ended', async () => {
  await using sandbox = await bubblewrapped.create(sampleSpec(taskDir));
  const grow = 'echo begun; while :; do echo line >>README.md; done';
  const process_ = await sandbox.exec(['sh', '-c', grow]);
  for await (const _ of process_.stdout) break;
  await sandbox.keep?.('after the end');
  await using later = await bubblewrapped.create(sampleSpec(taskDir, { kept: 'after the end' }));
  expect(await later.readFile('/workspace/repo/README.md')).toEqual(
    await sandbox.readFile('/workspace/repo/README.md'),
  );
});

bubblewrapTest('the namespace of a command ends with its last process', async () => {
  const args = ['--unshare-pid', '--die-with-parent', '--ro-bind', '/', '/', '--json-status-fd', '3'];
  const bubblewrap = findExecutable('bwrap') ?? '';
  const child = spawn(bubblewrap, [...args, 'sleep', '0.5'], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  const [report] = (await once(child.stdio[3] as Readable, 'data')) as [Buffer];
  expect(await namespaceEnds(String(report))).toBe(true);
  const pid = /\d+/.exec(String(report))?.[0];
  expect(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => 'State:\tX')).toMatch(/^State:\s[ZX]/m);
});

bubblewrapTest('a link that stays inside is followed', async () => {
  await using sandbox = await bubblewrapped.create(sampleSpec(taskDir));
  await sh(sandbox, 'ln -s README.md link; ln -s /tmp elsewhere');
  expect(String(await sandbox.readFile('/workspace/repo/link'))).toBe('hello\n');
  await sandbox.writeFile('/workspace/repo/elsewhere/file', 'x');
  expect(await sh(sandbox, 'cat /tmp/file')).toBe('x');
});

bubblewrapTest(
  'the system is read-only, the user is not root, and there are no secrets in /etc',
  async () => {
    await using sandbox = await bubblewrapped.create(sampleSpec(taskDir));
    const script =
      'for d in / /usr /usr/bin /usr/local /etc /opt /root; do [ -w $d ] && echo $d; done; id -u; ls /etc/shadow /root/.ssh';
    expect(await sh(sandbox, script)).toMatch(/^[1-9]\d*\n/);
    expect(await sh(sandbox, 'grep CapEff /proc/self/status')).toBe('CapEff:\t0000000000000000\n');
  },
);

bubblewrapTest('an evaluation leaves no process behind: all end with their exec', async () => {
  await using sandbox = await bubblewrapped.create(sampleSpec(taskDir));
  await sh(sandbox, `${inOwnSession('while :; do echo beat >>/tmp/beats; sleep 0.02; done')}; sleep 0.2`);
  const before = (await sandbox.readFile('/tmp/beats')).byteLength;
  await delay(200);
  expect((await sandbox.readFile('/tmp/beats')).byteLength).toBe(before);
});

describeIsolation('disposing', () => {
  const backend = new LocalBackend({ isolation });
  afterAll(() => backend[Symbol.asyncDispose]());

  test('ends daemons that left their process group', async () => {
    const beats = temporaryFolder();
    const sandbox = await backend.create(sampleSpec(taskDir));
    const place = isolation === 'none' ? beats : '/tmp';
    const daemon = inOwnSession(`while :; do echo beat >>${place}/beats; sleep 0.02; done`);
    const process = await sandbox.exec(['sh', '-c', `${daemon}; exec sleep 60`]);
    for (let size = 0; size === 0; )
      size = Number(await sh(sandbox, `cat ${place}/beats 2>/dev/null | wc -c`));
    await sandbox[Symbol.asyncDispose]();
    expect(await process.wait()).toBe(137);
    const before = readFileIfAny(join(beats, 'beats'));
    await delay(200);
    expect(readFileIfAny(join(beats, 'beats'))).toBe(before);
  });

  test('removes what was made unreadable, oddly named or too deep for a path', async () => {
    const sandbox = await backend.create(sampleSpec(taskDir));
    const deep =
      'i=0; while [ $i -lt 400 ]; do mkdir aaaaaaaaaaaaaaaaaaaa; cd aaaaaaaaaaaaaaaaaaaa; i=$((i+1)); done';
    await sh(sandbox, `mkdir -p a/b/c '  -rf'; touch a/b/c/d "$(printf 'x\\ny')"; ${deep}`);
    await sh(sandbox, 'chmod 000 a/b/c a/b a .git; chmod 000 "$HOME" "$TMPDIR" ../repo');
    await sandbox[Symbol.asyncDispose]();
    const [instance = '', name = ''] = sandbox.id.split('/');
    expect(await readdir(join(tmpdir(), instance, 'sandboxes'))).not.toContain(name);
  });

  test('of the backend removes everything it made', async () => {
    const own = new LocalBackend({ isolation });
    const sandbox = await own.create(sampleSpec(taskDir));
    await own[Symbol.asyncDispose]();
    await own[Symbol.asyncDispose]();
    expect(await readdir(tmpdir())).not.toContain(sandbox.id.split('/')[0]);
    await expect(sandbox.exec(['true'])).rejects.toThrow(`The sandbox ${sandbox.id} is gone.`);
    await expect(own.create(sampleSpec(taskDir))).rejects.toThrow('The local backend was disposed.');
  });
});

function readFileIfAny(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
