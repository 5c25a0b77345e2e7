import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SandboxSpec } from '@cooperbench/core';
import { FakeCompute } from '@cooperbench/test-support/gcp/fake-compute';
import { afterAll } from 'vitest';
import { GcpBackend } from './gcp-backend.ts';
import type { GcpOptions } from './options.ts';

const dockerfile = `ARG BASE
FROM \${BASE}
COPY repo /workspace/repo
RUN cd /workspace/repo && git -c init.defaultBranch=main init -q && git add -A \\
 && git -c user.name=base -c user.email=base@localhost commit -qm base
`;

const folder = mkdtempSync(join(tmpdir(), 'gcp-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A task's folder: a Dockerfile that takes BASE, a golden patch and hidden tests. */
const taskDir = join(folder, 'sample_task/task1');
for (const name of ['feature1', 'repo']) mkdirSync(join(taskDir, name), { recursive: true });
writeFileSync(join(taskDir, 'Dockerfile'), dockerfile);
writeFileSync(join(taskDir, 'repo/README.md'), 'hello\n');
writeFileSync(join(taskDir, 'feature1/feature.patch'), 'golden');
writeFileSync(join(taskDir, 'feature1/tests.patch'), 'hidden');

/** Returns a fake where the backend finds it. */
export async function startFake(): Promise<FakeCompute> {
  const fake = await FakeCompute.start();
  Object.assign(process.env, fake.environment);
  return fake;
}

/** Returns a backend on the fake, whose VMs build the task's image from what .ci/start-docker.sh makes. */
export function backendOn(fake: FakeCompute, options: GcpOptions = {}): GcpBackend {
  const backend = new GcpBackend({
    ...fake.options,
    build: true,
    baseImage: 'cooperbench-test/busybox:latest',
    ...options,
  });
  backend.timings = { ...backend.timings, pollMs: 100 };
  return backend;
}

let count = 0;

export function specOf(overrides: Partial<SandboxSpec> = {}): SandboxSpec {
  count += 1;
  return {
    name: `test-${process.pid}-${count}`,
    labels: { run: 'test', trial: 'coop/a/1/f1_f2', seat: 'agent1' },
    image: 'cooperbench-test/sample:task1',
    taskDir,
    untrusted: false,
    lifetimeMs: 600_000,
    ...overrides,
  };
}
