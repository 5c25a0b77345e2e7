import type { Sandbox } from '@cooperbench/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bases, describeDocker, docker, present, sampleSpec, sampleTask, sh } from './docker.test.support.ts';
import { DockerBackend } from './docker-backend.ts';
import { buildOwnerLabels } from './labels.ts';

const [baseImage] = bases;
const taskDir = sampleTask();

describeDocker('isolation', () => {
  const backend = new DockerBackend({ build: true, baseImage, memoryMiB: 512, cpus: 0.5, pids: 100 });
  let first: Sandbox;
  let two: Sandbox;
  beforeAll(async () => {
    [first, two] = await Promise.all([
      backend.create(sampleSpec(taskDir)),
      backend.create(sampleSpec(taskDir, { labels: { run: 'r', trial: 't', seat: 'agent2' } })),
    ]);
  });
  afterAll(() => backend[Symbol.asyncDispose]());

  test('a container gets little information and few rights', async () => {
    const { HostConfig: host, Config: config, Mounts: mounts } = await docker.getContainer(two.id).inspect();
    expect(host).toMatchObject({
      Privileged: false,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Memory: 512 << 20,
      MemorySwap: 512 << 20,
      NanoCpus: 5e8,
      PidsLimit: 100,
    });
    expect([host.Binds, mounts]).toEqual([null, []]);
    expect(config.Labels).toMatchObject({
      'cooperbench.run': 'r',
      'cooperbench.trial': 't',
      'cooperbench.seat': 'agent2',
    });
    expect(JSON.parse(config.Labels['cooperbench.owner'] ?? '')).toMatchObject({ pid: process.pid });
  });

  test('capabilities are those that were chosen, and none can be gained', async () => {
    const status = await sh(first, 'grep -E "CapEff|CapBnd|NoNewPrivs" /proc/self/status');
    // CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID NET_BIND_SERVICE
    expect(status).toBe('CapEff:\t00000000000004fb\nCapBnd:\t00000000000004fb\nNoNewPrivs:\t1\n');
  });

  test('what package managers and test suites do works', async () => {
    const script = `
      touch a && chown nobody a && chmod 4755 a && su nobody -s /bin/sh -c 'id -un'
      python3 -c "import socket; s = socket.socket(); s.bind(('0.0.0.0', 80)); print('bound')"
      su nobody -s /bin/sh -c 'exec sleep 50' & sleep 0.2; kill -9 $! && echo ended`;
    expect(await sh(first, script)).toMatch(/^nobody\nbound\nended\n/);
  });

  test('the Docker socket is not there', async () => {
    expect(
      await sh(
        first,
        'ls /var/run/docker.sock /run/docker.sock 2>/dev/null; ls -A /sys/fs/cgroup >/dev/null && echo .',
      ),
    ).toBe('.\n');
  });

  test('with network none there is loopback and nothing else', async () => {
    await using alone = new DockerBackend({ network: 'none', build: true, baseImage });
    await using sandbox = await alone.create(sampleSpec(taskDir));
    expect(await sh(sandbox, 'ls /sys/class/net')).toBe('lo\n');
    expect(await alone.preflight()).toEqual([]);
  });

  test('a user of one’s choice owns the folder for patches', async () => {
    await using other = new DockerBackend({ network: 'none', build: true, baseImage, user: '1000:1000' });
    await using sandbox = await other.create(sampleSpec(taskDir));
    await sandbox.writeFile('/patches/x', 'x');
    expect(await sh(sandbox, 'id -u; cat /patches/x; grep CapEff /proc/self/status')).toBe(
      '1000\nxCapEff:\t0000000000000000\n',
    );
    const process = await sandbox.exec(['sh', '-c', 'sleep 60 & sleep 60']);
    await process.kill();
    expect(await process.wait()).toBe(137);
    expect(await sh(sandbox, 'cat /proc/[0-9]*/cmdline')).not.toContain('sleep\u000060');
  });

  test('a sandbox with a network has one more container, and before the first there is nothing', async () => {
    const before = await present(buildOwnerLabels());
    const own = new DockerBackend({ build: true, baseImage });
    expect(await own.preflight()).toEqual([]);
    await own.prepare(sampleSpec(taskDir));
    expect(await present(buildOwnerLabels())).toEqual(before);
    const sandboxes = await Promise.all([1, 2, 3].map(() => own.create(sampleSpec(taskDir))));
    const added = (await present(buildOwnerLabels())).filter((name) => !before.includes(name));
    const networks = sandboxes.map(({ id }) => added.filter((name) => name.startsWith(`${id}-network-`)));
    expect(networks.map(({ length }) => length)).toEqual([1, 1, 1]);
    expect(added).toHaveLength(6);
    await own[Symbol.asyncDispose]();
    expect(await present(buildOwnerLabels())).toEqual(before);
  });

  test('disposing of a backend leaves no container', async () => {
    const own = new DockerBackend({ build: true, baseImage });
    const sandbox = await own.create(sampleSpec(taskDir));
    const made = (await present()).filter((name) => name.startsWith(sandbox.id));
    expect(made).toHaveLength(2);
    const late = sampleSpec(taskDir);
    const unfinished = own.create(late).catch((error: Error) => error.message);
    await own[Symbol.asyncDispose]();
    await own[Symbol.asyncDispose]();
    expect(await unfinished).toBe('The Docker backend was disposed.');
    expect((await present()).filter((name) => [...made, late.name].includes(name))).toEqual([]);
    await expect(sandbox.exec(['true'])).rejects.toThrow(`The sandbox ${sandbox.id} is gone.`);
    await expect(own.create(sampleSpec(taskDir))).rejects.toThrow('The Docker backend was disposed.');
  });

  test('30 sandboxes at once', async () => {
    await using dockerBackend = new DockerBackend({ network: 'none', build: true, baseImage });
    const sandboxes = await Promise.all(
      Array.from({ length: 30 }, () => dockerBackend.create(sampleSpec(taskDir))),
    );
    const lines = await Promise.all(sandboxes.map((sandbox) => sh(sandbox, 'cat README.md')));
    expect(lines).toEqual(sandboxes.map(() => 'hello\n'));
    await Promise.all(sandboxes.map((sandbox) => sandbox[Symbol.asyncDispose]()));
    const left = await present();
    expect(sandboxes.filter(({ id }) => left.includes(id))).toEqual([]);
  });
});
