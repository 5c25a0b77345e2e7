#!/bin/sh
# Prepares one tree for its tests inside a sandbox: applies patches, merges them, and returns the repository to its base. Runs no
# code of an agent. Needs POSIX sh, coreutils (or busybox) and git.
#
# Arguments: the folder of the job's files, the folder of results, the repository. Standard input: the mark. The other files of
# this folder, but test.sh, come before it: they are functions. index.ts describes the files, the facts and the results.
# shellcheck disable=SC2154,SC2034

set -u
in=$1 out=$2 repo=$3
read -r mark || mark=
# Facts go to descriptor 3, because what the functions below print is often taken by a command substitution.
exec 3>&1 < /dev/null
newline='
'
tab='	' spaces=$IFS
# Prints a fact.
say() { printf '%s\n' "$mark $*" >&3; }
# Ends the program for a reason that is not the patches' fault.
give_up() { echo "$*" >&2; exit 70; }

# The plan.
seats='' features='' limit=600 diff='' fallback='' canary='' renames=''
while read -r key value; do
  case $key in
    seats) seats=$value ;;
    features) features=$value ;;
    timeout) limit=$value ;;
    diff) diff=$value ;;
    fallback) fallback=$value ;;
    canary) canary=$value ;;
    renames) renames=$value ;;
  esac
done < "$in/plan"
runner=/usr/local/bin/runner.sh
[ ! -e "$in/run_tests.sh" ] || runner=$in/run_tests.sh
[ -e "$runner" ] || give_up "no $runner"
cd "$repo" || give_up "no repository at $repo"
# The commit that the patches are for, and whether nothing that git does not ignore differs from it. Git also notes which files it
# has looked at: in a copy of a repository, it takes every file for changed, and would write it anew later. Builds go by the times
# of files.
found=$(use_own_git; git status --porcelain=v2 --branch --no-ahead-behind --untracked-files=normal) || give_up "no repository at $repo"
root=${found#*'# branch.oid '} root=${root%%"$newline"*} clean=yes
case $root in '' | *[!0-9a-f]*) give_up "$repo has no commit" ;; esac
case $found in *"$newline"[!#]*) clean= ;; esac
# Where its objects are, without a process if it has the usual folders.
objects=$repo/.git/objects
if [ ! -d "$objects" ] || [ ! -d "$repo/.git/refs/heads" ]; then
  clean=
  objects=$(use_own_git; git rev-parse --path-format=absolute --git-path objects) || give_up "no objects in $repo"
fi
# The wrapper of the job removes the folder of results, and with it the scratch repository.
scratch=$out/scratch
mkdir -p "$out" "$scratch/tree/.git/info" "$scratch/tree/.git/objects/info" "$scratch/tree/.git/refs/heads/eval" || give_up "cannot make $out"
find_made_canary
how=$(merge_patches) || exit
[ "$how" = none ] || leave_state
