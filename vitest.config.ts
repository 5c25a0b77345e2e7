import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { linkBareTools } from './.ci/bare-path.js';
import { LongestFirst } from './.ci/longest-first.ts';

/** How many times longer than on an idle machine it takes to start a process now. Every limit in tests grows with it. */
function slowness(): number {
  const idleMs = 40;
  const samples = Array.from({ length: 5 }, () => {
    const started = performance.now();
    spawnSync(process.execPath, ['--eval', '0']);
    return performance.now() - started;
  });
  const median = samples.sort((left, right) => left - right)[2] ?? idleMs;
  return Math.max(1, median / idleMs);
}

const slownessFactor = slowness();

/**
 * Tests create and delete so many small files that a file system on a disk takes a third of their time. They go to memory
 * where there is plenty of it, unless TMPDIR is set.
 */
function filesInMemory(): string | undefined {
  const folder = '/dev/shm';
  const neededBytes = 8 * 1024 ** 3;
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= neededBytes ? folder : undefined;
  } catch {
    return undefined;
  }
}

const memory = filesInMemory();
if (memory !== undefined && !process.env.TMPDIR) process.env.TMPDIR = memory;
// Every worker and every command would otherwise compile the same libraries again.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'cooperbench-compile-cache');

/** The only folder on PATH in tests that need no service, so that they see the same machine everywhere: a bare one. */
const emptyPath = mkdtempSync(join(tmpdir(), 'cooperbench-path-'));
process.once('exit', () => rmSync(emptyPath, { recursive: true, force: true }));
linkBareTools(emptyPath, process.execPath);

/** In CI, a test that needs a service runs again when it fails. `.ci/run` prints each that passed only then. */
const retry = process.env.COOPERBENCH_REQUIRE_SERVICES === '1' ? 1 : 0;

/** Files that end in `.NAME.test.ts` belong to the project NAME. */
const defineTests = (name: string, options: TestProjectInlineConfiguration['test'] = {}) =>
  project(name, { include: [`{packages/*/src,docs}/**/*.${name}.test.ts`], retry, ...options });

function project(
  name: string,
  test: TestProjectInlineConfiguration['test'] = {},
): TestProjectInlineConfiguration {
  return { extends: true, test: { name, ...test } };
}

// Files share worker processes, which import each module once. A test that changes something global restores it.
const onBarePath = { isolate: false, env: { PATH: emptyPath } } as const;
const needSomething =
  '**/*.{long,system,browser,docker,integrity,redis,release,frameworks,modal,gcp,sweagent,cli,acp,latex,exports}.test.ts';
const e2e = 'packages/cli/src/e2e/**/*.test.ts';
/** What a command chooses must not depend on a daemon of this machine. */
const noDocker = 'unix:///nowhere/docker.sock';

// CONTRIBUTING.md says what each project is for. `pnpm test` runs unit, e2e and docs; `pnpm test:services` the others.
export default defineConfig({
  ssr: { resolve: { conditions: ['@cooperbench/source', 'module', 'node', 'development|production'] } },
  test: {
    exclude: ['**/node_modules/**', '**/dist/**'],
    env: { COOPERBENCH_TEST_SLOWNESS: String(slownessFactor) },
    // Long enough for the slowest; only what hangs meets it.
    testTimeout: 300_000 * slownessFactor,
    hookTimeout: 600_000 * slownessFactor,
    expect: { poll: { timeout: 120_000 * slownessFactor } },
    // Twice the cores of a small machine: much of a test's time is waiting.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    taskTitleValueFormatTruncate: 0,
    projects: [
      project('unit', {
        include: ['packages/*/src/**/*.test.ts'],
        exclude: [e2e, needSomething],
        ...onBarePath,
      }),
      project('e2e', {
        ...{ include: [e2e], exclude: [needSomething], isolate: false },
        env: { ...onBarePath.env, DOCKER_HOST: noDocker },
      }),
      project('docs', { include: ['docs/**/*.test.ts'], exclude: [needSomething], ...onBarePath }),
      // Each file has a process of its own: the memory that one needs would slow every start of a process in the next.
      defineTests('long', { retry: 0, env: { ...onBarePath.env, DOCKER_HOST: noDocker } }),
      defineTests('system', {
        // These run in `unit` as well, with plain processes and the machine's own tools; here with bubblewrap and busybox.
        include: [
          '{packages/*/src,docs}/**/*.system.test.ts',
          'packages/backend-local/src/**/*.test.ts',
          'packages/core/src/collaboration/relay.test.ts',
        ],
        exclude: ['**/*.integrity.test.ts'],
        env: { COOPERBENCH_TEST_SYSTEM: '1' },
      }),
      defineTests('browser'),
      defineTests('docker'),
      // After the others: importing a framework of Python takes both processors for seconds.
      defineTests('frameworks', { sequence: { groupOrder: 1 } }),
      defineTests('integrity', { env: { COOPERBENCH_TEST_SYSTEM: '1' } }),
      defineTests('redis'),
      // With a real account, and only when asked: `pnpm test:services` leaves them out as well.
      ...(process.env.COOPERBENCH_E2E_MODAL === '1'
        ? [defineTests('modal', { globalSetup: 'packages/backend-modal/src/account-setup.test.support.ts' })]
        : []),
      ...(process.env.COOPERBENCH_E2E_GCP === '1'
        ? [defineTests('gcp', { globalSetup: 'packages/backend-gcp/src/account-setup.test.support.ts' })]
        : []),
      // With a source release of SWE-agent, which is on no package index.
      ...(process.env.COOPERBENCH_E2E_SWE_AGENT ? [defineTests('sweagent')] : []),
      // Programs that start so slowly that they would take a sixth of CI.
      ...(process.env.COOPERBENCH_E2E_CLI === '1' ? [defineTests('cli')] : []),
      // Programs that take minutes to install.
      ...(process.env.COOPERBENCH_E2E_ACP === '1' ? [defineTests('acp')] : []),
      // With Inspect AI, Harbor and Weights & Biases of a Python package index, which take minutes to install.
      ...(process.env.COOPERBENCH_E2E_EXPORTS === '1' ? [defineTests('exports')] : []),
      // With a TeX distribution, which takes a gigabyte.
      ...(process.env.COOPERBENCH_E2E_LATEX === '1' ? [defineTests('latex')] : []),
      defineTests('release', { globalSetup: 'packages/cli/src/e2e/release-setup.test.support.ts' }),
    ],
  },
});
