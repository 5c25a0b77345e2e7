import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ImageProgress, SandboxError } from '@cooperbench/core';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import {
  bases,
  builder,
  describeDocker,
  docker,
  sampleTask,
  temporaryFolder,
} from '../docker.test.support.ts';
import type { DockerOptions } from '../options.ts';
import { follow } from './follow.ts';
import { Images, type LocalImage } from './images.ts';
import { type Registry, startRegistry } from './registry.test.support.ts';

const [, smallBase] = bases;
const installed = spawnSync('docker-registry', ['--version']).status === 0;
const because = installed ? '' : ' (skipped: docker-registry is not installed)';

describeDocker(`images that are pulled${because}`, () => {
  if (!installed) {
    test.skipIf(process.env.COOPERBENCH_REQUIRE_SERVICES !== '1')('docker-registry is needed', () =>
      expect.fail('docker-registry is not installed'),
    );
    return;
  }
  let registry: Registry;
  let host: string;
  let repo: string;
  beforeAll(async () => {
    registry = await startRegistry(temporaryFolder());
    host = registry.host;
    repo = `${host}/small`;
  });
  afterAll(() => registry[Symbol.asyncDispose]());
  afterEach(async () => {
    vi.unstubAllEnvs();
    registry.password = '';
    registry.manifests.length = 0;
    await docker
      .getImage(`${repo}:1`)
      .remove({ force: true })
      .catch(() => {});
  });

  const images = (options: DockerOptions = {}): Images => new Images(builder, options);
  const get = (options?: DockerOptions, image = `${repo}:1`): Promise<LocalImage> =>
    images(options).get(image, '/no/task');
  const failure = (work: Promise<unknown>): Promise<SandboxError> =>
    work.then(
      () => expect.fail('it worked'),
      (error: unknown) => (SandboxError.is(error) ? error : expect.fail(String(error))),
    );
  const push = async (image: string = smallBase): Promise<void> => {
    await docker.getImage(image).tag({ repo, tag: '1' });
    await follow(await docker.getImage(`${repo}:1`).push({ authconfig: {} }));
    await docker.getImage(`${repo}:1`).remove();
    registry.manifests.length = 0;
  };

  test('one pull serves all who wait, and says how it goes', async () => {
    // A layer that the daemon has not got.
    const taskDir = sampleTask('FROM cooperbench-test/busybox\nCOPY repo /repo\n');
    writeFileSync(join(taskDir, 'repo/large'), randomBytes(20_000_000));
    const large = `cooperbench-test/large-${process.pid}:1`;
    await images().get(large, taskDir, { build: true });
    await push(large);
    await docker.getImage(large).remove();
    const records: ImageProgress[] = [];
    const onProgress = (progress: ImageProgress) => void records.push(progress);
    const some = images();
    const obtainedImages = await Promise.all(
      [1, 2, 3, 4, 5].map(() => some.get(`${repo}:1`, '/no/task', { onProgress })),
    );
    expect(registry.manifests.filter((path) => path.endsWith('/1'))).toHaveLength(1);
    expect(obtainedImages[0]?.reference).toMatch(new RegExp(`^${repo}@sha256:[0-9a-f]{64}$`));
    expect(new Set(obtainedImages.map(({ id }) => id)).size).toBe(1);
    const about = { image: `${repo}:1`, phase: 'pull' };
    expect(records[0]).toEqual({ ...about, state: 'running', text: '' });
    const { doneBytes = 0, ...end } = records.at(-1) ?? {};
    expect(end).toEqual({
      ...about,
      state: 'ready',
      text: `Status: Downloaded newer image for ${repo}:1`,
      totalBytes: doneBytes,
    });
    expect(doneBytes).toBeGreaterThanOrEqual(20_000_000);
    const done = records.map(({ doneBytes = 0 }) => doneBytes);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect(new Set(done).size).toBeGreaterThan(2);
    await some.get(`${repo}:1`, '/no/task');
    await get();
    expect(registry.manifests.filter((path) => path.endsWith('/1'))).toHaveLength(1);
    await get({ pull: 'always' });
    expect(registry.manifests.filter((path) => path.endsWith('/1')).length).toBeGreaterThan(0);
  });

  test('pulling can be turned off', async () => {
    await push();
    const error = await failure(get({ pull: 'never' }));
    expect(`${error.code}: ${error.message}`).toBe(
      `DOCKER_IMAGE: The image ${repo}:1 is not here, and pulling is turned off.`,
    );
  });

  test('an image nobody has, and a registry that does not answer', async () => {
    const missing = await failure(get({}, `${repo}:none`));
    expect(missing.code).toBe('DOCKER_IMAGE');
    expect(missing.message).toContain(`The image ${repo}:none is not here and could not be pulled: `);
    expect(missing.retryable).toBe(false);
    const silent = await failure(get({}, '127.0.0.1:1/small:1'));
    expect(silent.message).toContain('connection refused');
    expect(silent.retryable).toBe(true);
  });

  test('a private registry is given what docker login stored, or what a helper knows', async () => {
    await push();
    registry.password = 'user:pass:word';
    const folder = temporaryFolder();
    vi.stubEnv('DOCKER_CONFIG', folder);
    const configure = (config: object): void =>
      writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    configure({});
    expect((await failure(get())).code).toBe('DOCKER_IMAGE');
    configure({ auths: { [host]: { auth: Buffer.from('user:wrong').toString('base64') } } });
    expect((await failure(get())).code).toBe('DOCKER_IMAGE');
    configure({ auths: { [host]: { auth: Buffer.from('user:pass:word').toString('base64') } } });
    expect((await get()).reference).toContain(repo);
    await docker.getImage(`${repo}:1`).remove({ force: true });

    writeFileSync(
      join(folder, 'docker-credential-test'),
      `#!/bin/sh\nread -r server\n[ "$1 $server" = "get ${host}" ] || exit 1\necho '{"Username":"user","Secret":"pass:word"}'\n`,
    );
    chmodSync(join(folder, 'docker-credential-test'), 0o755);
    vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
    configure({ credHelpers: { [host]: 'test' } });
    expect((await get()).reference).toContain(repo);
  });
});
