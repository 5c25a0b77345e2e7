#!/bin/sh
# Reduces the history of the repository to one commit, the base, so that agents cannot read later or earlier work. The commit
# has a fixed author and date, so it is the same in every sandbox of a task. Ignored files and the index stay.
# Prints the commit, the git program by absolute path, and the repository's directory.

set -eu
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
# The work tree may belong to another user.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
tree=$(git rev-parse -q --verify 'HEAD^{tree}')

# A repository that has nothing but one commit stays as it is.
if [ "$(git rev-list --all --count)" != 1 ] || [ -n "$(git stash list)" ] || [ -n "$(git for-each-ref refs/remotes refs/tags)" ]; then
  export GIT_AUTHOR_NAME=base GIT_AUTHOR_EMAIL=base@cooperbench.local GIT_AUTHOR_DATE=2000-01-01T00:00:00Z
  export GIT_COMMITTER_NAME=base GIT_COMMITTER_EMAIL=base@cooperbench.local GIT_COMMITTER_DATE=2000-01-01T00:00:00Z
  base=$(git commit-tree -m base "$tree")
  # Only what this commit needs gets into the new repository. Deleted objects would stay in the old one.
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
