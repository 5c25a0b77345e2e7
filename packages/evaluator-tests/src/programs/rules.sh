# The files that no patch may change. Runs in the scratch repository, before any code under test.
#
# Paths may have any bytes. The program keeps them as git quotes them: ASCII that git also reads. $task_rules, which the file
# `rules` sets, has lines `KIND<tab>LABEL<tab>PATHSPEC`. The kind `link` covers only symbolic links and submodules. Uses $in,
# $root, $scratch, $seat, $renames, $tab, $spaces (the usual IFS) and $newline.
# Lists are split into words on purpose.
# shellcheck shell=sh disable=SC2154,SC2034,SC2086,SC1091

# Sets $glob to a pattern that matches a path as git quotes it. What is special to globs or to git becomes a '?'.
glob_of() {
  rest=$1 glob=
  case $rest in \"*) rest=${rest#?} rest=${rest%?} ;; esac
  while :; do
    case $rest in *[\\*?[]*) ;; *) glob=$glob$rest; return ;; esac
    plain=${rest%%[\\*?[]*}
    glob="$glob$plain?" rest=${rest#"$plain"}
    case $rest in
      \\[0-7][0-7][0-7]*) rest=${rest#????} ;;
      \\*) rest=${rest#??} ;;
      *) rest=${rest#?} ;;
    esac
  done
}

# The names in the hidden tests, with an option of git apply. One that git cannot read must not hide the others.
names_in_tests() {
  git apply $1 --numstat "$in"/tests-*.patch 2> /dev/null && return
  for tests in "$in"/tests-*.patch; do git apply $1 --numstat "$tests" 2> /dev/null; done
}

# Sets $rules to the rules of the task, and before them one for the files of the hidden tests; $any and $links to the
# pathspecs of each kind; $above to pathspecs of what may take the place of a hidden test's folder.
make_rules() {
  { names_in_tests ''; [ -z "$renames" ] || names_in_tests -R; } > "$scratch/hidden"
  rules='' any='' links='' above=
  while IFS=$tab read -r added deleted path; do
    glob_of "$path"
    rules="${rules}any${tab}touched by the hidden tests$tab:(glob)$glob$newline"
    while :; do
      case $glob in */*) glob=${glob%/*} ;; *) break ;; esac
      # The '?' keeps what is in the folder from matching.
      case "$newline$above" in *"$newline:(glob)${glob%?}?$newline"*) break ;; esac
      above="$above:(glob)${glob%?}?$newline"
    done
  done < "$scratch/hidden"
  . "$in/rules"
  rules=$rules$task_rules
  set -f
  IFS=$newline
  for rule in $rules; do
    case $rule in link*) links=$links${rule##*"$tab"}$newline ;; *) any=$any${rule##*"$tab"}$newline ;; esac
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
    rule=${rule#*"$tab"}
    if [ "${rule%%"$tab"*}" != "$label" ]; then
      [ -z "$specs" ] || say_changes "$1" "$2" "$label" $specs
      label=${rule%%"$tab"*} specs=
    fi
    specs=$specs${rule#*"$tab"}$newline
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
  while IFS=$tab read -r added deleted path; do printf '100644 %s\t%s\n' "$root" "$path"; done < "$scratch/hidden" | git update-index --replace --index-info 2> /dev/null || return
  found=$(with "$links" git diff-tree -r --raw --no-renames --no-abbrev "$root" "$given" | while IFS=$tab read -r change path; do
    set -- $change
    case $2 in 120000 | 160000) printf '%s %s\t%s\n' "${1#:}" "$3" "$path" ;; esac
  done)
  [ -z "$found" ] || printf '%s\n' "$found" | bounded git update-index --replace --index-info 2> /dev/null || return
  with "$any" bounded git reset -q "$root" || return
  allowed=$(git write-tree) || return
  [ "$allowed" != "$given" ] || return 0
  say_dropped "$allowed" "$given"
  say_changes "$allowed" "$given" 'in the way of a file that stays'
}
