#!/bin/sh
# setup.sh DIR
# Makes DIR the task's working directory: the files of repo/, and sources that take a compiler some seconds.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
dir=$1

unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_COMMON_DIR
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_DEFAULT_HASH=sha1
export GIT_AUTHOR_NAME="CooperBench Bench" GIT_AUTHOR_EMAIL="bench@cooperbench.invalid"
export GIT_COMMITTER_NAME="CooperBench Bench" GIT_COMMITTER_EMAIL="bench@cooperbench.invalid"
export GIT_AUTHOR_DATE="2025-01-01T00:00:00Z" GIT_COMMITTER_DATE="2025-01-01T00:00:00Z"

mkdir -p "$dir"
cp -R "$here/repo/." "$dir/"
cd "$dir"
mv gitignore .gitignore

# The last two are parts of the file that features change.
file=1
while [ $file -le 10 ]; do
  function=1
  while [ $function -le 100 ]; do
    echo "double table_${file}_$function(const double *x, int n) { double s = $function; for (int i = 0; i < n; i++) s += x[i] * (i % $function) + s / (x[i] + $file); return s; }"
    function=$((function + 1))
  done > "src/tables_$file.c"
  file=$((file + 1))
done
cat src/tables_9.c src/tables_10.c > src/tables.inc
rm src/tables_9.c src/tables_10.c

git -c init.defaultBranch=main init --quiet --template=
git add --all
git commit --quiet --message "Base"
