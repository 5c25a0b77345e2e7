#!/bin/sh
# Applies a patch from standard input to a clean work tree and stages it. Argument: the git program.

set -u
git=$1
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1
# The work tree may belong to another user.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
scratch=$(mktemp -d "${TMPDIR:-/tmp}/cooperbench.XXXXXX") || exit
trap 'rm -rf "$scratch"' EXIT
cat > "$scratch/patch" || exit

# First on a copy of the index, so that a patch that does not apply changes nothing.
GIT_INDEX_FILE="$scratch/index" "$git" read-tree HEAD || exit
GIT_INDEX_FILE="$scratch/index" "$git" apply --cached --binary --whitespace=nowarn "$scratch/patch" || exit

# The patch contains the files that the image has beside the commit, so these go before.
"$git" reset -q --hard && "$git" clean -qfd || exit
"$git" -c core.autocrlf=false apply --index --binary --whitespace=nowarn "$scratch/patch"
