import { readFileSync } from 'node:fs';
import { type Cancellable, runCommand, SandboxError, type Workspace } from '@cooperbench/core';

const program = readFileSync(new URL('../../src/trial/prepare-repository.sh', import.meta.url), 'utf8');

/** The repository of a work tree before the agent starts. */
export interface BaseRepository {
  /** The commit's id. */
  readonly base: string;
  /** The git program, by absolute path. */
  readonly git: string;
  /** The repository's directory. */
  readonly gitDir: string;
}

/**
 * Prepares the repository for the agent.
 * @throws SandboxError `REPOSITORY_UNUSABLE` when the sandbox has no repository with a commit.
 */
export async function prepareRepository(
  workspace: Workspace,
  { signal }: Cancellable = {},
): Promise<BaseRepository> {
  const result = await runCommand(workspace, ['sh', '-c', program], { signal });
  const [base = '', git = '', gitDir = ''] = result.stdout.toString().split('\n');
  if (result.exitCode === 0 && /^[0-9a-f]{40,64}$/.test(base)) return { base, git, gitDir };
  throw new SandboxError(
    'REPOSITORY_UNUSABLE',
    `${workspace.repoDir} is not a git repository with a commit: ${result.stderr.toString().trim().slice(-500)}`,
  );
}
