import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { taskSources } from '@cooperbench/backend-kit';
import { type ImageProgress, SandboxError } from '@cooperbench/core';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import {
  bases,
  builder,
  describeDocker,
  docker,
  sampleSpec,
  sampleTask,
  temporaryFolder,
} from '../docker.test.support.ts';
import { DockerBackend } from '../docker-backend.ts';
import type { DockerOptions } from '../options.ts';
import { Images } from './images.ts';

const [baseImage] = bases;
const image = `cooperbench-sample/test-${process.pid}:task1`;

test('nothing secret is in the context', async () => {
  expect(await taskSources(sampleTask())).toEqual(['Dockerfile', 'repo']);
});

describeDocker('images that are built', () => {
  afterAll(() =>
    docker
      .getImage(image)
      .remove({ force: true })
      .catch(() => {}),
  );
  const images = (options: DockerOptions = {}): Images => new Images(builder, { baseImage, ...options });
  const codeOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'no error',
      (error: unknown) => (SandboxError.is(error) ? `${error.code}: ${error.message}` : String(error)),
    );

  test('a sample task’s image is built once, however many wait, and again when its files change', async () => {
    const taskDir = sampleTask();
    writeFileSync(join(taskDir, 'repo/unique'), String(Date.now()));
    const records: ImageProgress[] = [];
    const onProgress = (progress: ImageProgress) => void records.push(progress);
    const some = images();
    const obtainedImages = await Promise.all([1, 2, 3].map(() => some.get(image, taskDir, { onProgress })));
    expect(new Set(obtainedImages.map(({ id }) => id)).size).toBe(1);
    expect(obtainedImages.map(({ made }) => made)).toEqual([true, false, false]);
    expect(records[0]).toEqual({ image, phase: 'build', state: 'running', text: '' });
    expect(records.at(-1)).toMatchObject({ image, phase: 'build', state: 'ready' });
    expect(new Set(records.slice(0, -1).map(({ state }) => state))).toEqual(new Set(['running']));
    expect(obtainedImages[0]?.reference).toBe(obtainedImages[0]?.id);
    const builds = () =>
      records.filter(({ phase, text }) => phase === 'build' && text.startsWith('Step 1/')).length;
    expect(builds()).toBe(1);
    expect(await images().get(image, taskDir, { onProgress })).toMatchObject({ made: false });
    expect(builds()).toBe(1);
    writeFileSync(join(taskDir, 'repo/unique'), 'other');
    const other = await images().get(image, taskDir, { onProgress });
    expect(builds()).toBe(2);
    expect(other.id).not.toBe(obtainedImages[0]?.id);
  });

  test('forced, every step is run again', async () => {
    const taskDir = sampleTask('ARG BASE\nFROM ${BASE}\nRUN cat /proc/sys/kernel/random/uuid > /uuid\n');
    const some = images();
    const first = await some.get(image, taskDir);
    const forced = await some.get(image, taskDir, { force: true });
    expect(forced.id).not.toBe(first.id);
    expect(await some.get(image, taskDir)).toEqual({ ...forced, made: false });
  });

  test('an image somebody made under that name is left alone, unless it is forced', async () => {
    await docker.getImage(baseImage).tag({ repo: image.replace(':task1', ''), tag: 'task1' });
    const { Id: id } = await docker.getImage(baseImage).inspect();
    expect(await images().get(image, sampleTask(), { build: true })).toMatchObject({ id, made: false });
    expect((await images().get(image, sampleTask(), { force: true })).id).not.toBe(id);
    await docker.getImage(image).remove();
  });

  test('a Dockerfile that fails is named, with the last lines of what it said', async () => {
    const taskDir = sampleTask(
      'ARG BASE\nFROM ${BASE}\nRUN exec >&2; seq 1 30; printf "%01000d\\n" 7; echo it broke; exit 3\n',
    );
    const records: ImageProgress[] = [];
    const onProgress = (progress: ImageProgress) => void records.push(progress);
    const output = await codeOf(images().get(image, taskDir, { onProgress }));
    expect(output.split('\n')).toEqual([
      `DOCKER_BUILD: ${taskDir}/Dockerfile could not be built: 23`,
      ...['24', '25', '26', '27', '28', '29', '30', '0'.repeat(500), 'it broke'],
      expect.stringMatching(/returned a non-zero code: 3$/),
    ]);
    expect(records.at(-1)).toMatchObject({
      image,
      state: 'failed',
      text: output.slice('DOCKER_BUILD: '.length),
    });
  });

  test('a base image that cannot be pulled is tried once, and the error names the option for another', async () => {
    // A registry that keeps the first pull waiting until the second asks.
    const registry = createServer((socket) => setTimeout(() => socket.destroy(), 1000)).listen(
      0,
      '127.0.0.1',
    );
    onTestFinished(() => void registry.close());
    await once(registry, 'listening');
    const missing = `127.0.0.1:${(registry.address() as AddressInfo).port}/base:1`;
    const some = images({ baseImage: missing });
    const records: ImageProgress[] = [];
    const onProgress = (progress: ImageProgress) => void records.push(progress);
    const taskDirs = [sampleTask(), sampleTask()];
    const lines = await Promise.all(
      taskDirs.map((taskDir, index) => codeOf(some.get(`${image}${index}`, taskDir, { onProgress }))),
    );
    for (const [index, words] of lines.entries())
      expect(words).toContain(
        `DOCKER_IMAGE: ${taskDirs[index]}/Dockerfile cannot be built without its base image; the option "baseImage" names another. The image ${missing} is not here and could not be pulled: `,
      );
    expect(records.filter(({ phase }) => phase === 'pull').map(({ state }) => state)).toEqual([
      'running',
      'failed',
    ]);
    const failed = records.filter(({ phase, state }) => phase === 'build' && state === 'failed');
    expect(failed.map(({ text }) => text.split('\n').at(-1))).toEqual(
      taskDirs.map(
        () =>
          `Name one like ${missing}, with git and what the task runs on: --backend-option docker.baseImage=IMAGE.`,
      ),
    );
  });

  test('a build needs a Dockerfile', async () => {
    const empty = temporaryFolder();
    expect(await codeOf(images().get(image, empty, { build: true }))).toBe(
      `DOCKER_BUILD: There is no Dockerfile in ${empty}.`,
    );
  });

  test('a backend prepares what its sandboxes are then made from', async () => {
    const taskDir = sampleTask();
    // Another test may have a container of the same content, whose image Docker does not remove.
    writeFileSync(join(taskDir, 'repo/unique'), String(Date.now()));
    const other = image.replace('cooperbench-sample/', 'cooperbench-test/public-');
    await using backend = new DockerBackend({ baseImage, network: 'none' });
    const layers = [{ key: 'x', install: 'true', check: 'true' }];
    expect(await backend.hasImage({ image: other, taskDir })).toBe(false);
    const prepared = await backend.prepare({ image: other, taskDir }, { build: true });
    expect(prepared).toEqual({ from: 'image', reference: expect.stringMatching(/^sha256:/), made: true });
    expect(await backend.hasImage({ image: other, taskDir })).toBe(true);
    expect(await backend.hasImage({ image: other, taskDir, layers })).toBe(false);
    await using sandbox = await backend.create(sampleSpec(taskDir, { image: other }));
    expect(sandbox.origin).toEqual({ from: 'image', reference: prepared.reference });
    await sandbox[Symbol.asyncDispose]();
    await docker.getImage(other).remove();
  });
});
