import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { getMessage, mustRun, runCommand, type Sandbox, SandboxError } from '@cooperbench/core';

/** The work tree that a task's setup script created. Sandboxes get copies of it. */
export interface Template {
  /** The base commit. */
  readonly commit: string;
  /** Host directory of the repository. */
  readonly repo: string;
}

/** The sandbox of a setup script. Unlike others, it shows the task. */
export interface SetupSandbox {
  readonly sandbox: Sandbox;
  /** The task's directory inside the sandbox. */
  readonly task: string;
  /** Host directory of the repository. */
  readonly repo: string;
}

/** Runs a task's setup script in a sandbox that `open` creates. @throws SandboxError `SANDBOX_SETUP` with the script's output. */
export async function makeTemplate(
  taskDir: string,
  open: () => Promise<SetupSandbox>,
  signal: AbortSignal,
): Promise<Template> {
  const script = join(taskDir, 'setup.sh');
  if (!existsSync(script)) {
    throw new SandboxError(
      'SANDBOX_SETUP',
      `There is no ${script}, so the local backend cannot make a sandbox.`,
      { hint: 'Use a backend with images, such as --backend docker.' },
    );
  }
  const { sandbox, task, repo } = await open();
  try {
    const argv = ['sh', `${task}/setup.sh`, sandbox.repoDir];
    const { exitCode, stderr } = await runCommand(sandbox, argv, { cwd: '/', signal });
    if (exitCode !== 0) throw createSetupError(script, `exited ${exitCode}`, stderr.toString());
    return { commit: await getBaseCommit(sandbox, script), repo };
  } catch (error) {
    await sandbox[Symbol.asyncDispose]();
    throw error;
  }
}

async function getBaseCommit(sandbox: Sandbox, script: string): Promise<string> {
  const git = (...argv: string[]): Promise<string> =>
    mustRun(sandbox, ['git', ...argv])
      .then((output) => output.toString().trim())
      .catch((error: unknown) => {
        throw createSetupError(script, 'made no git repository with a commit', getMessage(error));
      });
  const commit = await git('rev-parse', '--verify', 'HEAD');
  const changes = await git('status', '--porcelain');
  if (changes !== '') throw createSetupError(script, 'left a work tree that is not clean', changes);
  return commit;
}

function createSetupError(script: string, step: string, output: string): SandboxError {
  const tail = output.trim().slice(-2000);
  return new SandboxError('SANDBOX_SETUP', `${script} ${step}${tail === '' ? '.' : `: ${tail}`}`);
}
