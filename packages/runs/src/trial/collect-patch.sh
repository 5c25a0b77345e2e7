#!/bin/sh
# Prints a binary diff of the work tree against the base, without ignored files.
# Arguments: the git program, the base, the agent's repository, then `--` and pathspecs of what the diff covers, or nothing.
#
# It uses a repository of its own, which takes only objects, the index and ignored paths from the agent's: no configuration,
# hook, filter or remote. The agent's index matters because it lists ignored files that the agent added on purpose.

set -u
git=$1 base=$2 real=$3 scratch='' reason=''
shift 3
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1 GIT_NO_REPLACE_OBJECTS=1
# The work tree may belong to another user.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
export GIT_WORK_TREE="$PWD" GIT_ALTERNATE_OBJECT_DIRECTORIES="$real/objects"
# A commit's name has 64 digits in a repository of SHA-256, which git must know.
format=
[ ${#base} = 40 ] || format=--object-format=sha256
# No file may be larger than 1 GiB, in blocks of 512 bytes.
ulimit -f 2097152 2> /dev/null
trap 'rm -rf "$scratch"' EXIT

add() { "$git" -c core.autocrlf=false -c core.excludesFile="$real/info/exclude" add -A; }

# Writes the work tree to the index of the scratch repository.
# shellcheck disable=SC2086 # $format is one word or none.
stage() {
  (unset GIT_WORK_TREE && "$git" init -q --bare --template= $format) || return
  "$git" cat-file -e "$base^{tree}" 2> /dev/null || { echo "$real does not have the base commit"; return 1; }
  [ ! -f "$real/index" ] || cp -p "$real/index" "$GIT_INDEX_FILE"
  # The agent's index may be damaged.
  add || { rm -f "$GIT_INDEX_FILE" && "$git" read-tree "$base" && add; } || return
  # Some agents write their patch to this file.
  "$git" cat-file -e "$base:patch.txt" 2> /dev/null || "$git" rm -q --cached --ignore-unmatch patch.txt
}

# The second place is in memory: when the disk is full, perhaps because of another seat, the seat does not lose its patch.
for folder in "${TMPDIR:-/tmp}" /dev/shm; do
  scratch=$(mktemp -d "$folder/cooperbench.XXXXXX") || continue
  export GIT_DIR="$scratch/repository" GIT_INDEX_FILE="$scratch/index"
  if problem=$(stage 2>&1); then
    "$git" -c core.quotePath=true diff --cached --binary --full-index --no-color --no-ext-diff --no-textconv --no-renames --src-prefix=a/ --dst-prefix=b/ "$base" "$@"
    exit
  fi
  reason=${reason:-$problem}
  rm -rf "$scratch"
done
printf '%s\n' "$reason" >&2
exit 1
