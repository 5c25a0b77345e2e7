#!/bin/sh
# Applies each golden patch on its own branch, merges the branches as evaluation does, prints the diff and checks out the base.
# Arguments: the folder of the patches, the features.

set -eu
export GIT_AUTHOR_NAME=oracle GIT_AUTHOR_EMAIL=oracle@cooperbench.local GIT_COMMITTER_NAME=oracle GIT_COMMITTER_EMAIL=oracle@cooperbench.local
folder=$1
base=$(git rev-parse HEAD)
shift
# Also when it fails, because the work tree is then the seat's patch.
trap 'git checkout -q -f --detach "$base"' EXIT
# A seat may begin with changes of others, which the golden patches of its features contain or do not need.
git reset -q --hard
git clean -q -f -d
others='' last=''
for feature; do
  git checkout -q -B "oracle/$feature" "$base"
  git apply --index "$folder/$feature.patch"
  git commit -q -m "$feature"
  others="$others $last" last=oracle/$feature
done
# The last branch is checked out, and the others are merged into it in order.
for branch in $others; do
  git merge -q --no-edit -m merge "$branch" > /dev/null 2>&1 && continue
  git merge --abort
  # As the policy union does.
  echo '* merge=union' >> .git/info/attributes
  git merge -q --no-edit -m merge "$branch" > /dev/null
done
git diff --binary --full-index --no-renames "$base" HEAD
