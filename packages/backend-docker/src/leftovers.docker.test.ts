import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { thisOwner } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { bases, describeDocker, docker, present, sampleSpec, sampleTask, sh } from './docker.test.support.ts';
import { DockerBackend } from './docker-backend.ts';

const [baseImage] = bases;
const taskDir = sampleTask();

describeDocker('leftovers', () => {
  test('the next run removes what a killed process left, and not what a live one uses', async () => {
    await using backend = new DockerBackend({ build: true, baseImage });
    await using alive = await backend.create(sampleSpec(taskDir));
    const module = fileURLToPath(new URL('./docker-backend.ts', import.meta.url));
    const spec = JSON.stringify(sampleSpec(taskDir));
    const program = `
      import { DockerBackend } from ${JSON.stringify(module)};
      const backend = new DockerBackend({ build: true, baseImage: ${JSON.stringify(baseImage)} });
      const { id } = await backend.create(${spec});
      backend.create({ ...${spec}, name: id + '-unfinished' });
      setTimeout(() => console.log(id), 40);
      setInterval(() => {}, 1000);`;
    const argv = ['-C', '@cooperbench/source', '--input-type=module', '-e', program];
    const owner = spawn(process.execPath, argv, {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: fileURLToPath(new URL('.', import.meta.url)),
    });
    const [chunk] = (await once(owner.stdout, 'data')) as [Buffer];
    const id = chunk.toString().trim();
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    // The daemon may finish what it was asked for last.
    await delay(1000);
    // Another test's backend may have removed it already.
    await using next = new DockerBackend({ network: 'none', build: true, baseImage });
    await using _sandbox = await next.create(sampleSpec(taskDir));
    expect((await present()).filter((name) => name.startsWith(id))).toEqual([]);
    expect(await sh(alive, 'cat README.md')).toBe('hello\n');
  });

  test('what another host made stays until it is older than asked', async () => {
    const owner = JSON.stringify({ ...thisOwner(), host: 'elsewhere', startedAt: '1' });
    const container = await docker.createContainer({
      Image: baseImage,
      Cmd: ['sleep', '600'],
      Labels: { 'cooperbench.owner': owner },
      HostConfig: { NetworkMode: 'none' },
    });
    await container.start();
    const old = (await container.inspect()).Name.slice(1);
    const backend = new DockerBackend();
    expect(await backend.clean()).not.toContain(old);
    expect(await backend.clean({ elsewhereOlderThanMs: 3_600_000 })).not.toContain(old);
    expect(await present()).toContain(old);
    await delay(1100);
    expect(await backend.clean({ elsewhereOlderThanMs: 1000 })).toContain(old);
    await expect(container.inspect()).rejects.toMatchObject({ statusCode: 404 });
  });

  test('what carries no owner is nobody’s to remove', async () => {
    const { id } = await docker.createContainer({
      Image: baseImage,
      Cmd: ['true'],
      Labels: { 'cooperbench.owner': 'nonsense' },
    });
    await new DockerBackend().clean();
    await docker.getContainer(id).remove();
  });
});
