# Merges the seats' patches in the scratch repository that apply.sh makes. Uses $in, $out, $repo, $root, $scratch, and the lines of
# `plan`.
# Lists are split into words on purpose.
# shellcheck shell=sh disable=SC2154,SC2034,SC2086,SC2015

# Makes a seat's branch the one to merge into.
start_from() {
  unlock
  read -r commit < ".git/refs/heads/eval/$1"
  [ "$commit" = "$in_index" ] || git read-tree --reset "$commit" || give_up "cannot check out $1"
  echo "$commit" > .git/refs/heads/merged
  echo 'ref: refs/heads/merged' > .git/HEAD
}

# Not with git reset, which would write files that a patch can make too large, or name too long.
undo_merge() {
  unlock
  rm -f .git/MERGE_*
  git read-tree --empty && git clean -ffdxq && git read-tree HEAD || give_up "cannot undo a merge"
}

# Merges a seat's branch without an index and a work tree, which takes one process instead of ten. Sets $code and $unmerged. Fails
# if git is older than 2.38, which exits 129.
merge_trees() {
  code=0 unmerged=''
  bounded git merge-tree --write-tree --name-only --no-messages HEAD "eval/$1" > "$scratch/merged" 2> "$scratch/log" || code=$?
  [ $code != 129 ] || return
  if [ $code = 0 ]; then
    read -r tree < "$scratch/merged"
    commit=$(git commit-tree -p HEAD -p "eval/$1" -m merge "$tree") && echo "$commit" > .git/refs/heads/merged || code=$?
    in_index=
  elif [ $code = 1 ]; then
    { read -r tree; unmerged=$(some); } < "$scratch/merged"
  fi
}

# The same with an index and a work tree, where a policy's script has merged before, or git is older.
merge_in_index() {
  code=0 unmerged=
  bounded git merge -q --no-edit -m merge "eval/$1" > "$scratch/log" 2>&1 || code=$?
  [ $code != 0 ] || return 0
  unmerged=$(git diff --name-only --diff-filter=U | some)
  undo_merge
}

# Merges a seat's branch. Sets $merge, and $how to none when nothing resolves a conflict.
merge_branch() {
  read -r commit < ".git/refs/heads/eval/$1"
  # The patch is empty.
  [ "$commit" != "$root" ] || return 0
  reset_attributes
  [ $how = naive ] && merge_trees "$1" || merge_in_index "$1"
  [ $code != 0 ] || return 0
  killed=
  merge=conflicts
  # A real conflict is exit code 1 and files that are not merged.
  if [ $code != 1 ] || [ -z "$unmerged" ]; then
    note_exit $code
    doubt_machine
  fi
  [ -z "$unmerged" ] || printf '%s\n' "$unmerged" | while IFS= read -r path; do say conflict "$path"; done
  how=none
  [ -s "$in/resolve" ] || return 0
  [ -n "$in_index" ] || git read-tree HEAD || give_up "cannot make an index of the merge"
  if bounded sh "$in/resolve" "eval/$1" > "$scratch/log" 2>&1; then how=resolved; else note_exit $?; doubt_machine; undo_merge; fi
}

# Applies and merges the patches of $seats and hands the diff out. Prints how they merged. Only for a command substitution: it
# changes the environment.
merge_patches() {
  use_own_git
  make_scratch && reset_attributes || give_up "no scratch repository for $repo"
  make_rules
  in_index=
  doubt='' failed='' first='' last='' others=''
  for seat in $seats; do
    make_branch "$seat"
    say apply "$seat" $status
    [ $status != failed ] || failed="$failed $seat"
    [ -n "$first" ] || first=$seat
    others="$others $last" last=$seat
  done
  merge=clean how=naive
  if [ -n "$failed" ]; then
    merge=missing_input how=none
  else
    [ -z "$last" ] || start_from "$last"
    for seat in $others; do
      merge_branch "$seat"
      [ $how != none ] || break
    done
  fi
  if [ $how = none ] && [ "$fallback" = first ]; then
    case " $failed " in *" $first "*) ;; *) how=fallback; start_from "$first" ;; esac
  fi
  # A tree of which git cannot make a diff is one that its patches inflated.
  if [ -n "$in_index" ] && [ "$in_index" = "$root" ]; then set -- --cached "$root"; else set -- "$root" HEAD; fi
  if [ $how != none ] && ! bounded git diff --binary --full-index --no-color --no-ext-diff --no-textconv --no-renames "$@" > "$in/merged.patch" 2> "$scratch/log"; then
    doubt_machine
    merge=missing_input how=none
  fi
  if [ $how != none ] && [ -n "$diff" ]; then ln "$in/merged.patch" "$out/merged.patch"; fi
  say merge $merge $how
  [ $how = none ] || [ -z "$canary" ] || make_canary
  # The probe reads this as it reads a state.
  [ -z "$doubt" ] || echo end > "$out/doubt" || give_up "cannot write $out"
  # The canaries must be unknown to the tests. The rest goes with the folder of results.
  [ ! -e "$in/canaries" ] || : > "$in/canaries"
  echo $how
}
