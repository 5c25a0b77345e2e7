# Records what a test run needs to know about the sandbox before any code of an agent has run in it. The host keeps that record
# and gives it to each run on its standard input, where test.sh reads it. Uses $in, $out, $repo, $root, $clean, $canary_tokens, $runner, $limit, $canary,
# $features, $tab, $newline and $spaces (the usual IFS).
# shellcheck shell=sh disable=SC2154,SC2013,SC2015

# Runs a command in the repository with git of our own.
in_repo() (
  use_own_git
  cd "$repo" && "$@"
)

# Finds the files that a run depends on: the runner, scripts beside it, and what these call. Sets $sealed_files and $called.
find_scripts() {
  sealed_files='' called='' seen=' '
  set -- "$runner" "${runner%/*}"/*.sh
  set -f
  while [ $# -gt 0 ]; do
    file=$1
    shift
    case "$newline$sealed_files" in *"$newline$file$newline"*) continue ;; esac
    # Not the large ones, which are interpreters and the like. Some shells warn about NUL bytes, which they leave out.
    [ -f "$file" ] && [ -r "$file" ] && { content=$(head -c 1048577 "$file"); } 2> /dev/null && [ ${#content} -le 1048576 ] || continue
    sealed_files=$sealed_files$file$newline
    read -r start < "$file"
    case $file$start in *.sh* | *'#!'*) ;; *) continue ;; esac
    IFS="$newline$tab \"'\`\$(){}[]<>|&;=,:"
    for word in $content; do
      case $word in
        "$repo" | "$repo"/*) ;;
        /*) if [ -x "$word" ] || [ "$word" != "${word%.sh}" ]; then set -- "$@" "$word"; fi ;;
        *[!A-Za-z0-9_.+-]* | -*) ;;
        *)
          # A look at each folder of PATH takes longer than one at a short list of words. A long list would take longer still.
          case $seen in *" $word "*) continue ;; esac
          [ ${#seen} -gt 2048 ] || seen="$seen$word "
          # A command that is there only after a run was installed by it.
          ! command -v "$word" > /dev/null || called="$called $word"
          ;;
      esac
    done
    IFS=$spaces
  done
  set +f
}

# Prints each line of the second argument after a key.
print_lines() {
  set -f
  IFS=$newline
  for line in $2; do printf '%s %s\n' "$1" "$line"; done
  IFS=$spaces
  set +f
}

# Prints what test.sh reads: lines `KEY VALUE`, and `end`.
print_state() {
  first=${features%% *}
  count_oom_kills
  printf '%s\n' "root $root" "limit $limit" "oom $oom_kills" "runner $runner" "called $called" "first $first" "git $git" "sha256sum $sha256sum" "timeout $timeout"
  print_lines file "$sealed_files"
  print_lines kept "$kept"
  print_lines seal "$sealed"
  echo end
}

list_untracked() { untracked=$(in_repo "$git" ls-files --others --directory) || give_up "cannot list what $repo has outside of git"; }

# Returns the repository to its base. What git does not ignore goes, and the rest of what the image has outside of git stays.
# Then writes $out/state, and $out/canary if there is a patch for it.
leave_state() {
  # By absolute path: a test run may leave a command of the same name earlier in PATH.
  tools=$(command -v git; command -v sha256sum; command -v timeout)
  git=${tools%%"$newline"*} timeout=${tools##*"$newline"}
  sha256sum=${tools#*"$newline"} sha256sum=${sha256sum%%"$newline"*}
  if [ -n "$clean" ]; then
    # Only the branch has to go.
    echo "$root" > "$repo/.git/HEAD"
  else
    in_repo "$git" update-index -q --refresh > /dev/null 2>&1
    in_repo "$git" checkout -q -f --detach "$root"
  fi || give_up "cannot check out the base"
  list_untracked
  if [ -n "$untracked" ]; then
    in_repo "$git" clean -ffdq || give_up "cannot remove new files from the base"
    list_untracked
  fi
  kept=
  [ -z "$untracked" ] || kept=$(printf '%s\n' "$untracked" | while IFS= read -r path; do glob_of "$path"; printf '%s\n' "--exclude=/$glob"; done)
  find_scripts
  sealed=$(seal) || give_up "cannot read the tests"
  print_state > "$out/state" || give_up "cannot write $out"
  if [ -n "$canary_tokens" ]; then
    { read -r _; echo "feature $canary"; cat "$out/state" -; } < "$in/canary" > "$out/canary"
  elif [ -s "$out/canary.patch" ]; then
    { echo "feature $canary"; cat "$out/state" "$out/canary.patch"; } > "$out/canary"
  fi
  # The tests must not know it.
  [ ! -e "$in/canary" ] || : > "$in/canary"
}
