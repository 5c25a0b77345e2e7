import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SandboxError } from '@cooperbench/core';
import { afterAll, expect, test } from 'vitest';
import { bases, describeDocker, docker, sampleSpec, sampleTask, sh } from '../docker.test.support.ts';
import { DockerBackend } from '../docker-backend.ts';

const [, baseImage] = bases;
const taskDir = sampleTask();

describeDocker('layers', () => {
  const backend = new DockerBackend({ build: true, baseImage, network: 'none' });
  afterAll(async () => {
    await backend[Symbol.asyncDispose]();
    for (const id of made) await docker.getImage(id).remove({ force: true });
  });
  const made = new Set<string>();
  const layer = (key: string, install: string, check: string = 'true') => ({ key, install, check });

  test('add software to the task’s image once, in order, as root', async () => {
    const layers = [
      layer(
        `tool-${process.pid}`,
        `printf '#!/bin/sh\\necho "$0 \\\\ said"\\n' > /usr/bin/tool\nchmod +x /usr/bin/tool`,
        'tool',
      ),
      layer('second', 'tool > /from-first; id -u > /user'),
    ];
    const created = () => backend.create(sampleSpec(taskDir, { layers }));
    await using sandbox = await created();
    await using two = await created();
    expect(await sh(sandbox, 'cat /from-first /user')).toBe('/usr/bin/tool \\ said\n0\n');
    const image = async ({ id }: { id: string }) => (await docker.getContainer(id).inspect()).Image;
    made.add(await image(sandbox));
    expect(await image(sandbox)).toBe(await image(two));
    await using without = await backend.create(sampleSpec(taskDir));
    expect(await image(without)).not.toBe(await image(sandbox));
    expect(sandbox.origin).toEqual(without.origin);
    expect(await sh(without, 'ls /usr/bin/tool')).toContain('No such file');
  });

  test('are added ahead by prepare, once', async () => {
    const { image } = sampleSpec(taskDir);
    const layers = [layer(`ahead-${process.pid}`, 'echo added > /ahead')];
    const prepare = () => backend.prepare({ image, taskDir, layers });
    expect([(await prepare()).made, (await prepare()).made]).toEqual([true, false]);
    await using sandbox = await backend.create(sampleSpec(taskDir, { layers }));
    made.add((await docker.getContainer(sandbox.id).inspect()).Image);
    expect(await sh(sandbox, 'cat /ahead')).toBe('added\n');
    expect(sandbox.origin).toEqual({ from: 'image', reference: (await prepare()).reference });
  });

  test('that fail are named, with the last lines of their output', async () => {
    const layers = [layer('broken-1', 'echo it broke; exit 3')];
    const error: unknown = await backend.create(sampleSpec(taskDir, { layers })).catch((error) => error);
    if (!SandboxError.is(error)) throw error;
    expect(error.code).toBe('SANDBOX_LAYER');
    expect(error.message).toContain("broken-1 could not be added to the task's image: ");
    expect(error.message).toContain('it broke');
  });

  test('that are kept containers are found only for the same image and user, made once, and belong to no run', async () => {
    const [own, key] = [sampleTask(), `warm-${process.pid}`];
    const spec = (extra = {}) =>
      sampleSpec(own, { image: `cooperbench-test/warm-${process.pid}:task1`, ...extra });
    const keep = async () => {
      await using sandbox = await backend.create(spec());
      expect(await sh(sandbox, 'echo built > /product')).toBe('');
      await sandbox.keep?.(key);
    };
    const hasKept = (from = backend) => from.hasKept({ ...spec(), kept: key });
    expect(await hasKept()).toBe(false);
    await keep();
    expect(await hasKept()).toBe(true);
    await using sandbox = await backend.create(spec({ kept: key }));
    const { Image: id } = await docker.getContainer(sandbox.id).inspect();
    made.add(id);
    made.add(spec().image);
    expect((await docker.getImage(id).inspect()).Config.Labels['cooperbench.owner']).toBe('');
    // Two runs may make it at the same time: the second leaves no image without a name.
    await keep();
    await using two = await backend.create(spec({ kept: key }));
    expect((await docker.getContainer(two.id).inspect()).Image).toBe(id);
    await using asOther = new DockerBackend({ build: true, baseImage, network: 'none', user: '1000' });
    expect(await hasKept(asOther)).toBe(false);
    // Another image of the same name has other files.
    writeFileSync(join(own, 'repo/README.md'), 'changed\n');
    await using later = new DockerBackend({ build: true, baseImage, network: 'none' });
    expect(await hasKept(later)).toBe(false);
    await expect(later.create(spec({ kept: key }))).rejects.toMatchObject({ code: 'SANDBOX_KEPT' });
  });
});
