import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Backend, CooperBenchError, Layer, SandboxSpec } from '@cooperbench/core';
import tests from '@cooperbench/evaluator-tests';
import { createContainer, discover, tokens } from '@cooperbench/runs';
import { shell } from './backend-subject.ts';
import { shellTask } from './shell-task.ts';

/** An account at a provider. */
export interface AccountSubject {
  /** Returns a new backend with the options that the user saved, and with these. */
  open(options?: Readonly<Record<string, unknown>>): Backend & AsyncDisposable;
  /** An image with git in a private registry that the saved options lead to. If it is absent, no registry is tried. */
  readonly privateImage?: string | undefined;
}

/** Disposes of the backend. @throws Error with what is missing, once instead of in each case. */
export async function checkAccount(backend: Backend & AsyncDisposable): Promise<void> {
  await using _backend = backend;
  try {
    await backend.preflight?.({ untrusted: true });
  } catch (error) {
    const { message, hint = '' } = error as CooperBenchError;
    throw new Error(`These tests need an account. ${message}\n${hint}`);
  }
}

export interface AccountCase {
  readonly name: string;
  readonly needs?: 'privateImage';
  /** Rejects with an AssertionError when the account does not do what the backend expects. */
  check(subject: AccountSubject): Promise<void>;
}

/** What a provider does beyond the contract of a backend. It cannot be known without an account. Each needs seconds of sandboxes. */
export const accountCases: readonly AccountCase[] = [
  {
    name: 'an image is built from a Dockerfile, once',
    check: (subject) =>
      withTask(async (spec) => {
        await using backend = subject.open({ build: true });
        await backend.prepare?.(spec);
        const secondImage = await backend.prepare?.(spec);
        await using sandbox = await backend.create(spec);
        const { stdout } = await shell(sandbox, 'cat lib.txt; git log --format=%s');
        assert.match(stdout.toString(), /^top\n[\s\S]*bottom\nbase\n$/);
        assert.notEqual(secondImage?.made, true, 'The image is built for every sandbox.');
      }),
  },
  {
    name: 'a layer is added to an image, and a command of it runs',
    check: (subject) =>
      withTask(async (spec) => {
        await using backend = subject.open({ build: true });
        const path = '/usr/local/bin/cooperbench-layer';
        const install = `printf '#!/bin/sh\\necho layer\\n' > ${path} && chmod 755 ${path}`;
        const layer: Layer = { key: 'account-1', install, check: 'cooperbench-layer' };
        await using sandbox = await backend.create({ ...spec, layers: [layer] });
        assert.equal((await shell(sandbox, 'cooperbench-layer')).stdout.toString(), 'layer\n');
      }),
  },
  {
    name: 'a sandbox without network reaches nobody',
    check: (subject) =>
      withTask(async (spec) => {
        await using backend = subject.open({ build: true });
        await using sandbox = await backend.create({ ...spec, network: 'none' });
        const { exitCode } = await shell(sandbox, 'timeout 20 git ls-remote https://github.com/git/git HEAD');
        assert.notEqual(exitCode, 0);
      }),
  },
  {
    name: 'a process that leaves its group and ignores signals ends with its command',
    check: (subject) =>
      withTask(async (spec) => {
        await using backend = subject.open({ build: true });
        await using sandbox = await backend.create(spec);
        const script = `trap '' TERM HUP; setsid sh -c 'trap "" TERM HUP; sleep 3600' & wait`;
        const process = await sandbox.exec(['sh', '-c', script]);
        await shell(sandbox, 'until pgrep -f "[s]leep 3600"; do sleep 0.1; done', {
          signal: AbortSignal.timeout(30_000),
        }).catch(() => {});
        await process.kill();
        const left = 'cat /proc/[0-9]*/cmdline 2> /dev/null | tr "\\0" " "';
        assert.doesNotMatch((await shell(sandbox, left)).stdout.toString(), /sleep 3600/);
      }),
  },
  {
    name: 'an image of a private registry is pulled',
    needs: 'privateImage',
    check: (subject) =>
      withTask(async (spec) => {
        await using backend = subject.open({ workdir: '/' });
        await using sandbox = await backend.create({ ...spec, image: String(subject.privateImage) });
        assert.match((await shell(sandbox, 'git --version')).stdout.toString(), /^git version/);
      }),
  },
  {
    name: 'a pair runs, and is judged',
    check: (subject) =>
      withTask(async (_spec, datasetDir) => {
        await using backend = subject.open({ build: true });
        const logsDir = mkdtempSync(join(tmpdir(), 'cooperbench-account-'));
        try {
          const backends = { account: { create: () => backend } };
          const container = createContainer([
            tests(),
            { name: 'account', version: '1.0.0', apiVersion: 1, backends },
          ]);
          const { summary, stopped } = await container.get(tokens.runs).run({
            ...{ runName: 'account', agent: 'oracle', backend: 'account', datasetDir, logsDir },
            concurrency: 1,
          });
          if (stopped) throw stopped;
          const verdict = join(logsDir, 'account/coop/shell_task/1/f1_f2/eval.json');
          const judged = JSON.parse(readFileSync(verdict, 'utf8')) as { error: string | null };
          assert.equal(judged.error, null);
          assert.deepEqual([summary.completed, summary.eval?.passed], [1, 1]);
        } finally {
          rmSync(logsDir, { recursive: true });
        }
      }),
  },
  {
    name: 'nothing is left',
    async check(subject) {
      await using backend = subject.open();
      assert.deepEqual(await backend.clean?.(), []);
    },
  },
];

const dockerfile = `ARG BASE
FROM \${BASE}
COPY setup.sh /opt/task/setup.sh
COPY repo /opt/task/repo
RUN sh /opt/task/setup.sh /workspace/repo
COPY run_tests.sh runner.sh /usr/local/bin/
RUN chmod 755 /usr/local/bin/run_tests.sh /usr/local/bin/runner.sh
WORKDIR /workspace/repo
`;
const runner = `#!/bin/sh
exec sh /usr/local/bin/run_tests.sh /workspace/repo "/patches/$1" \${2:+"/patches/$2"}
`;
let count = 0;

/** Returns a task with a Dockerfile whose base has sh and git. */
async function withTask(work: (spec: SandboxSpec, datasetDir: string) => Promise<void>): Promise<void> {
  const datasetDir = shellTask({ taskJson: { timeout_seconds: 120, network: 'none' } });
  try {
    const [task] = discover(datasetDir).tasks;
    if (task === undefined) throw new Error('There is no task.');
    writeFileSync(join(task.directory, 'Dockerfile'), dockerfile);
    writeFileSync(join(task.directory, 'runner.sh'), runner);
    count += 1;
    const spec: SandboxSpec = {
      ...{ name: `account-${process.pid}-${count}`, labels: { run: 'account' }, image: task.image },
      ...{ taskDir: task.directory, untrusted: false, lifetimeMs: 600_000 },
    };
    await work(spec, datasetDir);
  } finally {
    rmSync(datasetDir, { recursive: true, force: true });
  }
}
