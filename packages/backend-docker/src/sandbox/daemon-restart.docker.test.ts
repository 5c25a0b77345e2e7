import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigError, SandboxError } from '@cooperbench/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../connection/connect.ts';
import { bases, describeDocker, docker, sampleSpec, temporaryFolder } from '../docker.test.support.ts';
import { DockerBackend } from '../docker-backend.ts';

const [, image] = bases;
const folder = temporaryFolder();
const host = `unix://${folder}/docker.sock`;
const own = connect({ host, from: 'test' });

/** Returns a daemon of this file's, so that it may be killed. */
async function startDaemon(): Promise<ChildProcess> {
  const places = { 'data-root': 'data', 'exec-root': 'exec', pidfile: 'pid' };
  const argv = Object.entries(places).map(([option, name]) => `--${option}=${join(folder, name)}`);
  const options = ['--bridge=none', '--iptables=false', '-H', host, '--log-level=fatal'];
  // Away from the machine's network, whose docker0 it would remove, and from its mounts.
  const daemon = spawn('unshare', ['--net', '--mount', 'dockerd', ...argv, ...options], { stdio: 'ignore' });
  for (let attempt = 0; attempt < 150; attempt += 1) {
    if (await own.ping().catch(() => undefined)) return daemon;
    await delay(100);
  }
  throw new Error('the second daemon does not answer');
}

async function end(daemon: ChildProcess): Promise<void> {
  const exit = new Promise((resolve) => daemon.once('exit', resolve));
  daemon.kill('SIGTERM');
  await exit;
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) =>
      SandboxError.is(error) || ConfigError.is(error) ? `${error.code}: ${error.message}` : String(error),
  );

const mayStart = process.getuid?.() === 0 && spawnSync('dockerd', ['--version']).status === 0;
const because = mayStart ? '' : ' (skipped: only root can start one)';

describeDocker(`a separate daemon${because}`, () => {
  if (!mayStart) {
    test.skip('goes away and comes back under a run', () => {});
    return;
  }

  let daemon: ChildProcess;
  beforeAll(async () => {
    mkdirSync(join(folder, 'data'));
    daemon = await startDaemon();
    await own.loadImage((await docker.getImage(image).get()) as Readable).then(async (stream) => {
      for await (const _ of stream as Readable);
    });
  });
  afterAll(() => end(daemon));

  test('goes away and comes back under a run', async () => {
    const backend = new DockerBackend({ network: 'none', host, pull: 'never' });
    const spec = () => sampleSpec('/no/task', { image });
    const lost = await backend.create(spec());
    const kept = await backend.create(spec());
    const process = await lost.exec(['sh', '-c', 'echo ready; sleep 60'], { cwd: '/' });
    const pending = codeOf(process.wait());
    await process.stdout.getReader().read();
    await end(daemon);

    expect(await pending).toMatch(/^SANDBOX_LOST: /);
    expect(await codeOf(lost.exec(['true']))).toBe(
      `SANDBOX_LOST: The sandbox ${lost.id} is lost: the Docker daemon went away.`,
    );
    expect(await codeOf(backend.create(spec()))).toMatch(
      new RegExp(`^DOCKER_UNREACHABLE: No Docker daemon answers at ${host} \\(the option "host"\\): `),
    );
    const early = new DockerBackend({ host });
    await expect(early.preflight()).rejects.toSatisfy((error) => ConfigError.is(error));
    expect(await codeOf(early.preflight())).toMatch(/^DOCKER_UNREACHABLE: /);

    // Disposing waits for a daemon that is being started again.
    const disposing = lost[Symbol.asyncDispose]();
    daemon = await startDaemon();
    await disposing;
    expect(await codeOf(kept.exec(['true']))).toMatch(
      new RegExp(`^SANDBOX_LOST: The sandbox ${kept.id} is lost: its container was ended from outside`),
    );
    await using sandbox = await backend.create(spec());
    expect(await (await sandbox.exec(['true'], { cwd: '/' })).wait()).toBe(0);
    await backend[Symbol.asyncDispose]();
    expect(await own.listContainers({ all: true })).toEqual([]);
  });
});
