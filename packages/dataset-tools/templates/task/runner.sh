#!/bin/sh
# runner.sh TESTS_PATCH [FEATURE_PATCH]
# What the image has as /usr/local/bin/runner.sh: run_tests.sh on /workspace/repo,
# with the names of the patches relative to /patches/.
set -eu

[ $# -ge 1 ] || { echo "usage: runner.sh TESTS_PATCH [FEATURE_PATCH]" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
cd /patches
exec sh "$here/run_tests.sh" /workspace/repo "$@"
