import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SandboxError } from '@cooperbench/core';
import { afterAll, expect, test } from 'vitest';
import { LocalBackend } from './local-backend.ts';
import { describeIsolation, isolation, sampleSpec, sampleTask, sh } from './sample-task.test.support.ts';

const commit = 'git init -q && git add -A && git -c user.name=a -c user.email=a@localhost commit -qm base';

describeIsolation('templates', () => {
  const backend = new LocalBackend({ isolation });
  afterAll(() => backend[Symbol.asyncDispose]());
  const create = (taskDir: string) => backend.create(sampleSpec(taskDir));
  const failure = async (taskDir: string): Promise<SandboxError> => {
    const error: unknown = await create(taskDir).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!SandboxError.is(error)) throw new Error(`not a SandboxError: ${error}`);
    return error;
  };

  test('a task is set up once, for sandboxes made at once and later', async () => {
    const taskDir = sampleTask(`mkdir "$1" && cd "$1" && date +%s%N >when && ${commit}`);
    const sandboxes = [...(await Promise.all([create(taskDir), create(taskDir)])), await create(taskDir)];
    const commits = await Promise.all(sandboxes.map((sandbox) => sh(sandbox, 'git rev-parse HEAD')));
    expect(new Set(commits).size).toBe(1);
    expect(commits[0]).toBe(`${sandboxes[0]?.origin.reference}\n`);
    expect(sandboxes[0]?.origin.from).toBe('source');
  });

  test('the script sees the files beside it, no patch, no test and no variable of the host', async () => {
    const taskDir = sampleTask(
      `here=$(cd "$(dirname "$0")" && pwd); mkdir "$1"; cp -a "$here" "$1/task"; cd "$1"; env >env; ${commit}`,
    );
    mkdirSync(join(taskDir, 'repo/bin'), { recursive: true });
    writeFileSync(join(taskDir, 'repo/bin/run'), '#!/bin/sh', { mode: 0o755 });
    symlinkSync('bin/run', join(taskDir, 'repo/link'));
    writeFileSync(join(taskDir, 'combined.patch'), 'golden');
    process.env.LOCAL_TEST_SECRET = 'secret';
    await using sandbox = await create(taskDir);
    delete process.env.LOCAL_TEST_SECRET;
    const seen = 'cd task && du -a . | cut -f 2 | sort && test -x repo/bin/run && readlink repo/link';
    expect(await sh(sandbox, `(${seen}); case $(cat env) in *LOCAL_TEST_SECRET*) echo leaked ;; esac`)).toBe(
      '.\n./repo\n./repo/bin\n./repo/bin/run\n./repo/link\n./setup.sh\nbin/run\n',
    );
  });

  test('who stops waiting does not stop the others', async () => {
    const taskDir = sampleTask(`sleep 0.3; mkdir "$1" && cd "$1" && touch file && ${commit}`);
    const impatient = backend.create(sampleSpec(taskDir), { signal: AbortSignal.timeout(50) });
    const patient = create(taskDir);
    await expect(impatient).rejects.toThrow('The operation was aborted due to timeout');
    await using sandbox = await patient;
    expect(await sh(sandbox, 'ls')).toBe('file\n');
  });

  test('a script that fails is named with what it said, and tried again', async () => {
    const taskDir = sampleTask(
      `[ -e "$(dirname "$0")/ready" ] || { echo "not ready" >&2; exit 3; }\nmkdir "$1" && cd "$1" && touch file && ${commit}`,
    );
    const error = await failure(taskDir);
    expect(error.code).toBe('SANDBOX_SETUP');
    expect(error.message).toBe(`${taskDir}/setup.sh exited 3: not ready`);
    writeFileSync(join(taskDir, 'ready'), '');
    await using sandbox = await create(taskDir);
    expect(await sh(sandbox, 'ls')).toBe('file\n');
  });

  test('a script that makes no repository, or an unclean one, is an error', async () => {
    const noRepository = sampleTask('mkdir "$1"');
    expect((await failure(noRepository)).message).toContain(
      `${noRepository}/setup.sh made no git repository with a commit: git rev-parse --verify HEAD exited 128`,
    );
    const unclean = sampleTask(`mkdir "$1" && cd "$1" && touch file && ${commit} && touch other`);
    expect((await failure(unclean)).message).toBe(
      `${unclean}/setup.sh left a work tree that is not clean: ?? other`,
    );
  });

  test('a task without a script needs another backend', async () => {
    const taskDir = sampleTask();
    rmSync(join(taskDir, 'setup.sh'));
    const error = await failure(taskDir);
    expect(error.message).toBe(
      `There is no ${taskDir}/setup.sh, so the local backend cannot make a sandbox.`,
    );
    expect(error.hint).toBe('Use a backend with images, such as --backend docker.');
  });
});
