#!/bin/sh
# run_tests.sh REPO TESTS_PATCH [FEATURE_PATCH]
# Applies FEATURE_PATCH, unless it is absent or empty, and then TESTS_PATCH to a
# repository at its base commit and runs its whole test suite.
set -u

usage="usage: run_tests.sh REPO TESTS_PATCH [FEATURE_PATCH]"
[ $# -ge 2 ] || { echo "$usage" >&2; exit 2; }

absolute() {
  case $1 in
    /*) printf '%s\n' "$1" ;;
    *) printf '%s\n' "$PWD/$1" ;;
  esac
}

# apply NAME FILE: FILE to the current directory, whatever git is configured to do.
apply() {
  GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 \
    git -c safe.directory='*' apply --whitespace=nowarn "$2" && return
  echo "run_tests.sh: the $1 patch does not apply: $2" >&2
  exit 2
}

tests_patch=$(absolute "$2")
feature_patch=
[ -z "${3-}" ] || feature_patch=$(absolute "$3")

unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_COMMON_DIR
cd "$1" || exit 2
if [ -n "$feature_patch" ]; then
  [ -e "$feature_patch" ] || { echo "run_tests.sh: no such file: $feature_patch" >&2; exit 2; }
  [ ! -s "$feature_patch" ] || apply feature "$feature_patch"
fi
apply tests "$tests_patch"

# FILL IN: the command that runs all tests. Its exit code is 0 only when all pass, and it prints a summary that CooperBench
# recognises, as those of pytest, go test, cargo test, jest, vitest, mocha, node --test and TAP.
echo "run_tests.sh: the command that runs the tests is not filled in" >&2
exit 2
