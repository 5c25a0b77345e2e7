import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandOptions, runCommand, type SandboxSpec, type Workspace } from '@cooperbench/core';
import { afterAll, describe, test } from 'vitest';
import { chooseIsolation } from './isolation.ts';

const setup = `set -eu
mkdir -p "$1/src"
cd "$1"
echo hello >README.md
echo 'export {}' >src/index.js
git -c init.defaultBranch=main init -q
git add -A
GIT_AUTHOR_DATE=2026-01-01T00:00:00Z GIT_COMMITTER_DATE=2026-01-01T00:00:00Z \\
  git -c user.name=base -c user.email=base@localhost commit -qm base
`;

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Returns a folder of the host that is removed after a file's tests. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'local-test-')));
  folders.push(folder);
  return folder;
}

/** Returns a task's folder in its own dataset: a setup script, a golden patch and hidden tests. */
export function sampleTask(script: string = setup, dataset: string = temporaryFolder()): string {
  const taskDir = join(dataset, 'sample_task/task1');
  mkdirSync(join(taskDir, 'feature1'), { recursive: true });
  writeFileSync(join(taskDir, 'setup.sh'), script);
  writeFileSync(join(taskDir, 'feature1/feature.patch'), 'golden');
  writeFileSync(join(taskDir, 'feature1/tests.patch'), 'hidden');
  return taskDir;
}

let count = 0;

/** Returns what a sandbox of the task is asked for with. */
export function sampleSpec(taskDir: string, overrides: Partial<SandboxSpec> = {}): SandboxSpec {
  count += 1;
  return {
    name: `test-${count}`,
    labels: { run: 'test' },
    image: 'none',
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

/**
 * Returns the command of a shell script that runs another in a session of its own, where killing a process group does not
 * reach it.
 */
export function inOwnSession(script: string): string {
  const program =
    'require("node:child_process").spawn("sh", ["-c", process.argv[1]], { detached: true, stdio: "ignore" }).unref()';
  return `node -e '${program}' '${script}'`;
}

/** What these tests try: plain processes in the project `unit`, bubblewrap in `system`. */
export const isolation: 'bubblewrap' | 'none' = process.env.COOPERBENCH_TEST_SYSTEM ? 'bubblewrap' : 'none';

const chosen = await chooseIsolation({});
const required = process.env.COOPERBENCH_REQUIRE_SERVICES === '1';
const missing =
  isolation === 'bubblewrap' && chosen.kind === 'none' && !required ? chosen.because : undefined;

/** Tests that run with either isolation. Where bubblewrap is missing, the name of the skipped tests says so. */
export function describeIsolation(name: string, body: () => void): void {
  if (missing === undefined) describe(`${name} with isolation ${isolation}`, body);
  else describe.skip(`${name} with bubblewrap (skipped: ${missing})`, body);
}

/** Returns a test of bubblewrap alone. */
export function bubblewrapTest(name: string, body: () => Promise<void>): void {
  if (isolation === 'none') return;
  if (missing === undefined) test(name, body);
  else test.skip(`${name} (skipped: ${missing})`);
}
