import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CommandOptions,
  getMessage,
  runCommand,
  type SandboxSpec,
  type Workspace,
} from '@cooperbench/core';
import { afterAll, describe } from 'vitest';
import { connect } from './connection/connect.ts';
import { findEndpoint } from './connection/endpoint.ts';
import type { Builder } from './images/build.ts';
import { Networks } from './network/sandbox-network.ts';

/** A client for tests that look at, or harm, what the backend made. */
export const docker: ReturnType<typeof connect> = connect(findEndpoint());

const endpoint = findEndpoint();
const architecture = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
const networks = new Networks({ docker, endpoint }, architecture);
/** For tests of images without a backend. */
export const builder: Builder = { docker, endpoint, networks, isPodman: false };

/** What test/start-docker.sh makes. */
export const bases = ['cooperbench-test/base:latest', 'cooperbench-test/busybox:latest'] as const;

const unusable: string | undefined = await Promise.all(
  bases.map((name) => docker.getImage(name).inspect()),
).then(
  () => undefined,
  (error: unknown) => getMessage(error).trim(),
);
const required = process.env.COOPERBENCH_REQUIRE_SERVICES === '1';

/** Tests that need Docker. Where it is missing their name says why they are skipped, unless CI requires it. */
export function describeDocker(name: string, body: () => void): void {
  if (unusable === undefined || required) describe(name, body);
  else describe.skip(`${name} (skipped: ${unusable}; see test/start-docker.sh)`, body);
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Returns a folder of the host that is removed after a file's tests. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'docker-test-')));
  folders.push(folder);
  return folder;
}

const dockerfile = `ARG BASE
FROM \${BASE}
COPY repo /workspace/repo
RUN cd /workspace/repo && git -c init.defaultBranch=main init -q && git add -A \\
 && git -c user.name=base -c user.email=base@localhost commit -qm base
`;

/** Returns a task's folder: a Dockerfile that takes BASE, a golden patch and hidden tests. */
export function sampleTask(script: string = dockerfile): string {
  const taskDir = join(temporaryFolder(), 'sample_task/task1');
  for (const folder of ['feature1', 'repo/src']) mkdirSync(join(taskDir, folder), { recursive: true });
  writeFileSync(join(taskDir, 'Dockerfile'), script);
  writeFileSync(join(taskDir, 'repo/README.md'), 'hello\n');
  writeFileSync(join(taskDir, 'repo/src/index.js'), 'export {}\n');
  writeFileSync(join(taskDir, 'feature1/feature.patch'), 'golden');
  writeFileSync(join(taskDir, 'feature1/tests.patch'), 'hidden');
  writeFileSync(join(taskDir, 'combined.patch'), 'golden');
  return taskDir;
}

let count = 0;

/** Returns what a sandbox of the task is asked for with; the image is built from the task's Dockerfile. */
export function sampleSpec(taskDir: string, overrides: Partial<SandboxSpec> = {}): SandboxSpec {
  count += 1;
  return {
    name: `cooperbench-test-${process.pid}-${count}`,
    labels: { run: 'test', trial: 'coop/a/1/f1_f2', seat: 'agent1' },
    image: 'cooperbench-test/sample:task1',
    taskDir,
    untrusted: false,
    lifetimeMs: 600_000,
    ...overrides,
  };
}

/** Returns what a shell script prints in a sandbox, on both streams. */
export async function sh(sandbox: Workspace, script: string, options?: CommandOptions): Promise<string> {
  const { stdout, stderr } = await runCommand(sandbox, ['sh', '-c', script], options);
  return `${stdout}${stderr}`;
}

/** Ends a container's processes from the host, by their ids, for a container about which Docker answers no call. */
export function endOnHost(id: string): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      if (readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(id)) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended.
    }
}

/** Returns the containers of sandboxes that are there now. `owner`: only those with these labels. */
export async function present(owner: Record<string, string> = {}, daemon = docker): Promise<string[]> {
  const label = ['cooperbench.owner', ...Object.entries(owner).map(([name, value]) => `${name}=${value}`)];
  const containers = await daemon.listContainers({ all: true, filters: { label } });
  return containers.map(({ Names: [name = ''] }) => name.slice(1));
}
