#!/bin/sh
# setup.sh DIR
# Makes DIR the task's working directory: the files of repo/ in a git repository
# of exactly one commit, whose id is the same on every machine.
set -eu

[ $# -eq 1 ] || { echo "usage: setup.sh DIR" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
dir=$1

unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_COMMON_DIR
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_DEFAULT_HASH=sha1
export GIT_AUTHOR_NAME="CooperBench" GIT_AUTHOR_EMAIL="task@cooperbench.invalid"
export GIT_COMMITTER_NAME="CooperBench" GIT_COMMITTER_EMAIL="task@cooperbench.invalid"
export GIT_AUTHOR_DATE="2025-01-01T00:00:00Z" GIT_COMMITTER_DATE="2025-01-01T00:00:00Z"

mkdir -p "$dir"
if [ -n "$(ls -A "$dir")" ]; then
  echo "setup.sh: $dir is not empty" >&2
  exit 1
fi
cp -R "$here/repo/." "$dir/"
cd "$dir"

# No template: it differs from machine to machine, and may bring hooks.
git -c init.defaultBranch=main init --quiet --template=
mkdir -p .git/info
git add --all
git commit --quiet --message "Base"
