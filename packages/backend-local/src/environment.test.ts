import { afterAll, expect, test, vi } from 'vitest';
import { LocalBackend } from './local-backend.ts';
import { describeIsolation, isolation, sampleSpec, sampleTask, sh } from './sample-task.test.support.ts';

const taskDir = sampleTask();

describeIsolation('the environment', () => {
  const backend = new LocalBackend({ isolation });
  afterAll(() => backend[Symbol.asyncDispose]());

  test('holds nothing of the host but TZ', async () => {
    vi.stubEnv('TZ', 'Asia/Tokyo');
    vi.stubEnv('OPENAI_API_KEY', 'secret');
    vi.stubEnv('LD_LIBRARY_PATH', '/nowhere');
    await using sandbox = await backend.create(sampleSpec(taskDir));
    vi.unstubAllEnvs();
    const names = (await sh(sandbox, 'env')).match(/^\w+(?==)/gm)?.sort();
    const marker = isolation === 'none' ? ['COOPERBENCH_EXEC'] : [];
    expect(names).toEqual([...marker, 'HOME', 'LANG', 'PATH', 'PWD', 'TERM', 'TMPDIR', 'TZ', 'USER']);
  });

  test('its first writable folder on PATH is the sandbox’s own', async () => {
    await using sandbox = await backend.create(sampleSpec(taskDir));
    const first = await sh(sandbox, 'IFS=:; for d in $PATH; do [ -w "$d" ] && { echo "$d"; exit; }; done');
    expect(first).toMatch(
      isolation === 'none'
        ? /cooperbench-local-\w+\/sandboxes\/[\w-]+\/bin\n/
        : /^\/opt\/cooperbench\/bin\n$/,
    );
  });

  test('git needs no configuration of the user to work', async () => {
    await using sandbox = await backend.create(sampleSpec(taskDir));
    expect(await sh(sandbox, 'git status --short; git log --format=%s; git config --global --list')).toMatch(
      /^base\n/,
    );
  });

  test('node runs', async () => {
    await using sandbox = await backend.create(sampleSpec(taskDir));
    expect(await sh(sandbox, 'node -p 1+1')).toBe('2\n');
  });
});
