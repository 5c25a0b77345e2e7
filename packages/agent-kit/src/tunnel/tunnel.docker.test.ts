import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDockerBackend } from '@cooperbench/backend-docker';
import type { Sandbox } from '@cooperbench/core';
import { checkTunnel, forwarders, tunnelCases } from '@cooperbench/testing/frameworks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTunnel } from './open-tunnel.ts';

const dockerfile =
  'ARG BASE\nFROM ${BASE}\nRUN mkdir -p /workspace/repo && cd /workspace/repo && git init -q\n';
const backends = new AsyncDisposableStack();
const sandboxes = new Map<string, Sandbox>();

/** Containers without any network: the first has all three programs, the second has none. */
beforeAll(async () => {
  const taskDir = await mkdtemp(join(tmpdir(), 'tunnel-test-'));
  backends.defer(() => rm(taskDir, { recursive: true }));
  await writeFile(join(taskDir, 'Dockerfile'), dockerfile);
  for (const name of ['base', 'busybox']) {
    const baseImage = `cooperbench-test/${name}:latest`;
    const backend = backends.use(await createDockerBackend({ network: 'none', build: true, baseImage }));
    const spec = {
      name: `cooperbench-test-tunnel-${name}-${process.pid}`,
      labels: { run: 'test', trial: 'coop/a/1/f1_f2', seat: 'agent1' },
      image: `cooperbench-test/tunnel-${name}:task1`,
      taskDir,
      untrusted: false,
      lifetimeMs: 3_600_000,
    };
    sandboxes.set(name, backends.use(await backend.create(spec)));
  }
});
afterAll(() => backends.disposeAsync());

const sandbox = (name: string): Sandbox => sandboxes.get(name) as Sandbox;

describe.for(forwarders)('a tunnel over %s in a container without network', (forwarder) => {
  test.for(tunnelCases)('$name', (tunnelCase) => checkTunnel(tunnelCase, sandbox('base'), forwarder));
});

test('the first program that the container has forwards, and a container that has none is refused', async () => {
  await using tunnel = await openTunnel(sandbox('base'));
  expect(tunnel.forwarder).toBe('python3');
  await expect(openTunnel(sandbox('busybox'))).rejects.toMatchObject({ code: 'TUNNEL_START' });
});
