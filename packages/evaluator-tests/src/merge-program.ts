/**
 * The functions of the evaluation program that handle agents' patches, before any code under test runs.
 *
 * Git works in a scratch repository that borrows the objects of the image's repository and nothing else: no configuration,
 * hooks, drivers or replaced objects. Its own attributes take precedence over those of every tree. Its work tree is empty.
 * The program learns what a patch changes by comparing trees, never from the text of the patch.
 *
 * Every process costs a millisecond or more in each of thousands of sandboxes. So the shell itself writes the repository's
 * few files, whose format git documents (gitrepository-layout).
 *
 * Paths may have any bytes. The program keeps them as git quotes them: ASCII that git also reads. A line of the file `rules`
 * is `KIND<tab>LABEL<tab>PATHSPEC`. The kind `link` covers only symbolic links and submodules.
 */
export const mergeProgram: string = `
# Runs what handles content of agents. Past a limit it fails, which counts against the patch: binary patches inflate.
bounded() (
  # Two minutes, 4 GiB of memory, 2 GiB a file.
  ulimit -v 4194304 2> /dev/null
  ulimit -f 4194304
  exec timeout -k 5 120 "$@"
)

# Removes what a git that the kernel killed has left. Every later step would fail.
unlock() {
  for lock in .git/index.lock .git/HEAD.lock; do [ ! -e $lock ] || rm -f $lock; done
}

# The whole lines of at most a megabyte of a list of paths: a patch may have millions, and long ones.
some() { head -n 10000 | head -c 1000000; }

# Creates the scratch repository. The image's commit is its only history.
make_scratch() {
  cd "$scratch/tree" || return
  printf '%s\\n' "$objects" > .git/objects/info/alternates && echo "$root" > .git/HEAD && echo "$root" > .git/shallow
}

# Runs before each merge, because a policy may have added attributes.
reset_attributes() {
  echo '* !text !crlf !eol !ident !filter !working-tree-encoding !diff !merge !conflict-marker-size !whitespace' > .git/info/attributes
}

# The names in the hidden tests, with an option of git apply. One that git cannot read must not hide the others.
names_in_tests() {
  git apply $1 --numstat "$in"/tests-*.patch 2> /dev/null && return
  for tests in "$in"/tests-*.patch; do git apply $1 --numstat "$tests" 2> /dev/null; done
}

# Sets $rules to the rules of the task, and before them one for the files of the hidden tests; $any and $links to the
# pathspecs of each kind; $above to pathspecs of what may take the place of a hidden test's folder.
make_rules() {
  { names_in_tests ''; names_in_tests -R; } > "$scratch/hidden"
  rules='' any='' links='' above=
  while IFS=$tab read -r added deleted path; do
    glob_of "$path"
    rules="\${rules}any\${tab}touched by the hidden tests$tab:(glob)$glob$newline"
    while :; do
      case $glob in */*) glob=\${glob%/*} ;; *) break ;; esac
      # The '?' keeps what is in the folder from matching.
      case "$newline$above" in *"$newline:(glob)\${glob%?}?$newline"*) break ;; esac
      above="$above:(glob)\${glob%?}?$newline"
    done
  done < "$scratch/hidden"
  rules=$rules$(cat "$in/rules")
  set -f
  IFS=$newline
  for rule in $rules; do
    case $rule in link*) links=$links\${rule##*$tab}$newline ;; *) any=$any\${rule##*$tab}$newline ;; esac
  done
  set +f
  IFS=$spaces
}

# The task's fault, if git does not understand one.
check_rules() {
  wrong=$(with "$any$links" git diff-tree --quiet "$root" "$root" 2>&1) || give_up "protected_paths or test_patterns of the task: $wrong"
}

# Runs a command with pathspecs as its last arguments.
with() (
  specs=$1
  [ -n "$specs" ] || exit 0
  shift
  set -f
  IFS=$newline
  "$@" -- $specs
)

# Says the paths that differ between two trees and fall under a rule, by rule.
say_dropped() {
  dropped=yes
  set -f
  IFS=$newline
  label='' specs=
  for rule in $rules "$tab$tab"; do
    rule=\${rule#*$tab}
    if [ "\${rule%%$tab*}" != "$label" ]; then
      [ -z "$specs" ] || say_changes "$1" "$2" "$label" $specs
      label=\${rule%%$tab*} specs=
    fi
    specs=$specs\${rule#*$tab}$newline
  done
  set +f
  IFS=$spaces
}

# Says what differs between two trees, and why.
say_changes() (
  IFS=$spaces before=$1 after=$2 why=$3
  shift 3
  git diff-tree -r --no-renames --name-only "$before" "$after" -- "$@" | some | while IFS= read -r path; do say drop "$seat" "$why$tab$path"; done
)

# Gives the index the base's content under every rule, and says what that changed.
undo_forbidden() {
  with "$any$links$above" git diff-index --cached --quiet --no-renames "$root"
  case $? in 0) return 0 ;; 1) ;; *) return 1 ;; esac
  given=$(git write-tree) || return
  # Removes whatever the patch put at a hidden test's path.
  while IFS=$tab read -r added deleted path; do printf '100644 %s\\t%s\\n' "$root" "$path"; done < "$scratch/hidden" | git update-index --replace --index-info 2> /dev/null || return
  found=$(with "$links" git diff-tree -r --raw --no-renames --no-abbrev "$root" "$given" | while IFS=$tab read -r change path; do
    set -- $change
    case $2 in 120000 | 160000) printf '%s %s\\t%s\\n' "\${1#:}" "$3" "$path" ;; esac
  done)
  [ -z "$found" ] || printf '%s\\n' "$found" | bounded git update-index --replace --index-info 2> /dev/null || return
  with "$any" bounded git reset -q "$root" || return
  allowed=$(git write-tree) || return
  [ "$allowed" != "$given" ] || return 0
  say_dropped "$allowed" "$given"
  say_changes "$allowed" "$given" 'in the way of a file that stays'
}

# Applies $patch to the index, in one of three ways: agents write wrong line counts.
apply_patch() {
  for how in --cached '--cached --3way' '--cached --recount'; do
    unlock
    git read-tree "$root" || return
    bounded git apply --whitespace=nowarn $how "$@" "$patch" > /dev/null 2>> "$scratch/log" && return
    note_exit $?
  done
  return 1
}

# The same without the files that a rule drops by their name: one of these may be what does not apply. Not when these have
# more than 64 KiB of names, which would take the shell too long.
apply_allowed() {
  unlock
  git read-tree --empty
  { bounded git apply --numstat "$patch" || bounded git apply --recount --numstat "$patch"; } 2> /dev/null | some | while IFS=$tab read -r added deleted path; do
    printf '100644 %s\\t%s\\n' "$root" "$path"
  done | git update-index --replace --index-info 2> /dev/null && names=$(git write-tree --missing-ok) && nothing=$(git mktree < /dev/null) || return
  with "$any" git diff-tree -r --name-only "$nothing" "$names" > "$scratch/names"
  [ -s "$scratch/names" ] && [ "$(wc -c < "$scratch/names")" -le 65536 ] || return
  set --
  while IFS= read -r path; do glob_of "$path"; set -- "$@" "--exclude=$glob"; done < "$scratch/names"
  apply_patch "$@" && say_dropped "$nothing" "$names"
}

# Takes note that git could not do what patches ask for. A probe of the machine then decides whether the patches are to blame.
# The kernel may have killed git, or git may say that something ran out, when the machine has recovered. Patches that inflate
# lead to the same, so the host repeats the job once.
doubt_machine() {
  doubt=yes
  case $killed$(head -c 65536 "$scratch/log" 2> /dev/null) in
    killed* | *'No space left'* | *'quota exceeded'* | *'annot allocate memory'* | *'ut of memory'* | *'temporarily unavailable'* | *'Too many open files'* | *'Input/output error'* | *'Read-only file system'*) say exhausted ;;
  esac
}

# Takes note of the exit code of a git that failed. 153: it passed its own limit of file size.
note_exit() {
  case $1 in 153) ;; 129 | 1[3-9]?) killed=killed ;; esac
}

# Makes the branch of a seat, and sets $status.
make_branch() {
  seat=$1 patch=$in/$1.patch status=skipped commit=$root dropped='' killed=''
  : > "$scratch/log"
  if [ -s "$patch" ]; then
    status=failed in_index=
    echo "$root" > .git/HEAD
    if { apply_patch || apply_allowed; } && undo_forbidden; then
      git commit -q --allow-empty --no-verify -m "$seat" || give_up "cannot commit $seat"
      read -r commit < .git/HEAD
      status=applied in_index=$commit
      if [ -n "$dropped" ] && git diff-index --cached --quiet "$root"; then status=skipped; fi
    else
      check_rules
      doubt_machine
    fi
  fi
  echo "$commit" > ".git/refs/heads/eval/$seat"
}

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

# Merges a seat's branch. Sets $merge, and $how to none when nothing resolves a conflict.
merge_branch() {
  reset_attributes
  bounded git merge -q --no-edit -m merge "eval/$1" > "$scratch/log" 2>&1 && return
  code=$? killed=
  merge=conflicts
  unmerged=$(git diff --name-only --diff-filter=U | some)
  # A real conflict is exit code 1 and files that are not merged.
  if [ $code != 1 ] || [ -z "$unmerged" ]; then
    note_exit $code
    doubt_machine
  fi
  [ -z "$unmerged" ] || printf '%s\\n' "$unmerged" | while IFS= read -r path; do say conflict "$path"; done
  undo_merge
  how=none
  [ -s "$in/resolve" ] || return
  if bounded sh "$in/resolve" "eval/$1" > "$scratch/log" 2>&1; then how=resolved; else note_exit $?; doubt_machine; undo_merge; fi
}

# Leaves in $out/canary.patch the tests of the feature $canary, with tests that must fail at the end of one of their files, and
# says which. $in/canaries has lines PATTERNS|NEEDLE|TOKENS|CODE, the first that matches the file's name and content counts.
make_canary() {
  unlock
  git read-tree "$root" && git apply --cached --whitespace=nowarn "$in/tests-$canary.patch" 2> /dev/null || return 0
  git diff-index --cached --no-renames --no-abbrev --diff-filter=AM "$root" > "$scratch/changed"
  # The shell reads a file byte by byte.
  kinds=$(cat "$in/canaries")
  while IFS=$tab read -r change path; do
    set -- $change
    case $2 in 10*) ;; *) continue ;; esac
    git cat-file blob "$4" > "$scratch/tests" && [ "$(wc -c < "$scratch/tests")" -le 262144 ] || continue
    content=$(tr -d '\\000' < "$scratch/tests")
    find_canary || continue
    printf '\\n%b' "$code" >> "$scratch/tests" && blob=$(git hash-object -w "$scratch/tests") &&
      printf '%s %s\\t%s\\n' "$2" "$blob" "$path" | git update-index --index-info &&
      git diff --cached --binary --full-index --no-color --no-ext-diff --no-textconv --no-renames "$root" > "$out/canary.patch" &&
      say canary "$canary" "$tokens"
    return 0
  done < "$scratch/changed"
}

# Sets $tokens and $code to those of the first line of $kinds that fits $path and $content.
find_canary() {
  set -f
  IFS=$newline
  for kind in $kinds; do
    IFS='|'
    set -- $kind
    IFS=$spaces
    for pattern in $1; do
      case \${path##*/} in $pattern) ;; *) continue ;; esac
      case $content in *"$2"*) tokens=$3 code=\${kind#*|*|*|}; set +f; return 0 ;; esac
    done
  done
  set +f
  return 1
}

# Applies and merges the patches of $seats and hands the diff out. Prints how they merged.
merge_patches() (
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
  if [ $how != none ] && ! bounded git diff --binary --full-index --no-color --no-ext-diff --no-textconv --no-renames "$root" HEAD > "$in/merged.patch" 2> "$scratch/log"; then
    doubt_machine
    merge=missing_input how=none
  fi
  if [ $how != none ] && [ -n "$diff" ]; then ln "$in/merged.patch" "$out/merged.patch"; fi
  say merge $merge $how
  [ $how = none ] || [ -z "$canary" ] || make_canary
  # The probe reads this as it reads a state.
  [ -z "$doubt" ] || echo end > "$out/doubt" || give_up "cannot write $out"
  cd / && rm -rf "$scratch" "$in/canaries"
  echo $how
)
`;
