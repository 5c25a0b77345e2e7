import { type Cancellable, runCommand, SandboxError, type Workspace } from '@cooperbench/core';

/**
 * Reduces the history of the repository to one commit, the base, so that agents cannot read later or earlier work. The commit
 * has a fixed author and date, so it is the same in every sandbox of a task. Ignored files and the index stay.
 */
const program = `
set -eu
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
tree=$(git rev-parse -q --verify 'HEAD^{tree}')
if [ "$(git rev-list --all --count)" != 1 ] || [ -n "$(git stash list)" ] || [ -n "$(git for-each-ref refs/remotes refs/tags)" ]; then
  export GIT_AUTHOR_NAME=base GIT_AUTHOR_EMAIL=base@cooperbench.local GIT_AUTHOR_DATE=2000-01-01T00:00:00Z
  export GIT_COMMITTER_NAME=base GIT_COMMITTER_EMAIL=base@cooperbench.local GIT_COMMITTER_DATE=2000-01-01T00:00:00Z
  base=$(git commit-tree -m base "$tree")
  git update-ref refs/cooperbench/base "$base"
  rm -rf .git.new
  git init -q --bare .git.new
  git -C .git.new fetch -q --no-tags --depth=1 "file://$PWD" refs/cooperbench/base:refs/heads/main
  git -C .git.new symbolic-ref HEAD refs/heads/main
  git -C .git.new config core.bare false
  cp .git/index .git.new/index
  rm -rf .git
  mv .git.new .git
  rm -f .git/shallow .git/FETCH_HEAD
fi
git rev-parse -q --verify HEAD
command -v git
cd "$(git rev-parse --git-common-dir)" && pwd
`;

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
