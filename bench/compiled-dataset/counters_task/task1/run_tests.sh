#!/bin/sh
# run_tests.sh REPO TESTS_PATCH [FEATURE_PATCH]
# Applies FEATURE_PATCH, unless it is absent or empty, and TESTS_PATCH to a repository at its base commit, builds it and runs
# its tests.
set -eu

tests=$2 feature=${3-}
cd "$1"
[ -z "$feature" ] || [ ! -s "$feature" ] || git -c safe.directory='*' apply --whitespace=nowarn "$feature"
git -c safe.directory='*' apply --whitespace=nowarn "$tests"
make --silent
exec build/run-tests
