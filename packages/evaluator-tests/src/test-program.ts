import { oomFunction, probeFunction } from './probe.ts';

/**
 * The programs that run tests. `stateProgram`, a part of the evaluation program, records what a test run needs to know about
 * the sandbox before any code of an agent has run in it. The host keeps that record and gives it to each run on its standard
 * input, where `testProgram` reads it.
 */

export const ownGitFunction: string = `
# For a subshell: configuration, attributes and replaced objects of others take no part.
use_own_git() {
  export LC_ALL=C GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1 GIT_NO_REPLACE_OBJECTS=1 GIT_TERMINAL_PROMPT=0 GIT_CONFIG_COUNT=7
  export GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' GIT_CONFIG_KEY_1=core.hooksPath GIT_CONFIG_VALUE_1=/dev/null
  export GIT_CONFIG_KEY_2=core.autocrlf GIT_CONFIG_VALUE_2=false GIT_CONFIG_KEY_3=commit.gpgSign GIT_CONFIG_VALUE_3=false
  export GIT_CONFIG_KEY_4=core.fsmonitor GIT_CONFIG_VALUE_4=false GIT_CONFIG_KEY_5=maintenance.auto GIT_CONFIG_VALUE_5=false
  export GIT_CONFIG_KEY_6=gc.auto GIT_CONFIG_VALUE_6=0
  export GIT_AUTHOR_NAME=eval GIT_AUTHOR_EMAIL=eval@cooperbench.local GIT_COMMITTER_NAME=eval GIT_COMMITTER_EMAIL=eval@cooperbench.local
}
`;

/** Prints a digest of the files and command paths that a test run depends on. */
export const sealFunction: string = `
seal() (
  hash -r
  {
    # A function of ours is not the command that a script means.
    for name in $called; do
      case $name in [0-9]* | *[!A-Za-z0-9_]*) ;; *) unset -f "$name" ;; esac
      command -v "$name"
    done
    set -- "$in"/*.patch
    set -f
    IFS=$newline
    "$sha256sum" "$@" $sealed_files
  } 2>&1
)
`;

export const stateProgram: string = `${oomFunction}
in_repo() (
  use_own_git
  cd "$repo" && "$@"
)

# Finds the files that a run depends on: the runner, scripts beside it, and what these call. Sets $sealed_files and $called.
find_scripts() {
  sealed_files='' called=''
  set -- "$runner" "\${runner%/*}"/*.sh
  set -f
  while [ $# -gt 0 ]; do
    file=$1
    shift
    case "$newline$sealed_files" in *"$newline$file$newline"*) continue ;; esac
    # Not the large ones, which are interpreters and the like.
    [ -f "$file" ] && [ -r "$file" ] && [ "$(wc -c < "$file")" -le 1048576 ] || continue
    sealed_files=$sealed_files$file$newline
    read -r start < "$file"
    case $file$start in *.sh* | *'#!'*) ;; *) continue ;; esac
    spaces=$IFS
    IFS="$newline$tab \\"'\\\`\\$(){}[]<>|&;=,:"
    for word in $(cat "$file"); do
      case $word in
        "$repo" | "$repo"/*) ;;
        /*) if [ -x "$word" ] || [ "$word" != "\${word%.sh}" ]; then set -- "$@" "$word"; fi ;;
        *[!A-Za-z0-9_.+-]* | -*) ;;
        # What is there only after a run was installed by it.
        *) ! command -v "$word" > /dev/null || called="$called $word" ;;
      esac
    done
    IFS=$spaces
  done
  set +f
}

# Prints each line of the second argument after a key.
print_lines() (
  set -f
  IFS=$newline
  for line in $2; do printf '%s %s\\n' "$1" "$line"; done
)

print_state() {
  first=\${features%% *}
  printf '%s\\n' "root $root" "limit $limit" "oom $(oom_kills)" "runner $runner" "called $called" "first $first" "git $git" "sha256sum $sha256sum" "timeout $timeout"
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
  for tool in git sha256sum timeout; do eval "$tool=\\$(command -v $tool)"; done
  # In a copy of a repository, git takes every file for changed, and would write it anew: builds go by the times of files.
  in_repo "$git" update-index -q --refresh > /dev/null 2>&1
  in_repo "$git" checkout -q -f --detach "$root" || give_up "cannot check out the base"
  list_untracked
  if [ -n "$untracked" ]; then
    in_repo "$git" clean -ffdq || give_up "cannot remove new files from the base"
    list_untracked
  fi
  kept=$([ -z "$untracked" ] || printf '%s\\n' "$untracked" | while IFS= read -r path; do glob_of "$path"; printf '%s\\n' "--exclude=/$glob"; done)
  find_scripts
  sealed=$(seal) || give_up "cannot read the tests"
  print_state > "$out/state" || give_up "cannot write $out"
  [ ! -s "$out/canary.patch" ] || { echo "feature $canary"; cat "$out/state" "$out/canary.patch"; } > "$out/canary"
}
`;

/**
 * Runs the tests of a feature on the tree, as a process of its own: it becomes the runner. Or it is a probe of the machine, when
 * its step's name says so. Standard input: what `leave_state` wrote; of the canary, then the tests patch in place of the feature's. Between two runs, the repository returns to its base,
 * and the sealed files must be unchanged. What it says itself goes to standard error, with exit code 70.
 */
export const testProgram: string = `
set -u
in=$1 repo=$3 feature=$4
newline='
'
give_up() { echo "$*" >&2; exit 70; }
${ownGitFunction}${sealFunction}${oomFunction}${probeFunction}
root='' limit='' oom='' runner='' called='' first='' git='' sha256sum='' timeout='' sealed_files='' kept='' sealed=''
while IFS= read -r line; do
  value=\${line#* }
  case $line in
    end) break ;;
    feature\\ *) feature=$value ;;
    file\\ *) sealed_files=$sealed_files$value$newline ;;
    kept\\ *) kept=$kept$value$newline ;;
    seal\\ *) sealed=$sealed$value$newline ;;
    root\\ * | limit\\ * | oom\\ * | runner\\ * | called\\ * | first\\ * | git\\ * | sha256sum\\ * | timeout\\ *) eval "\${line%% *}=\\$value" ;;
  esac
done

in_repo() (
  use_own_git
  cd "$repo" && "$git" "$@"
)

# Leaves the sandbox as an image would be: the repository at its base with what the tests made outside of git, and no input.
settle() {
  in_repo checkout -q -f --detach "$root" && in_repo reset -q --hard && in_repo clean -ffdq && rm -rf "$in"/* || exit 70
  # Python takes a file for unchanged that changes within a second and keeps its size.
  sleep 1
}

# New files go first, ignored ones too: attributes and ignore rules among them must not decide what returns.
return_to_base() {
  (set -f; IFS=$newline; in_repo clean -ffdxq $kept) && in_repo checkout -q -f --detach "$root" && in_repo reset -q --hard
}

case $4 in
  probe | *.probe) probe; exit ;;
  settle) settle; exit ;;
esac
if [ "$4" != "$first" ]; then
  [ "$(seal)$newline" = "$sealed" ] || give_up 'the tests were tampered with by an earlier test run'
  return_to_base > /dev/null 2>&1 || give_up 'the repository was ruined by an earlier test run'
  [ "$4" = "$feature" ] || cat > "$in/tests-$feature.patch" || give_up 'the tests of the canary could not be written'
fi
if [ -e "$in/run_tests.sh" ]; then set -- sh "$runner" "$repo" "$in/tests-$feature.patch"; dir=$in/; else set -- "$runner" "tests-$feature.patch"; dir=; fi
# Runners take the second patch as optional; an empty one is not a patch to git.
[ ! -s "$in/merged.patch" ] || set -- "$@" "\${dir}merged.patch"
cd "$repo" && exec "$timeout" -k 10 "$limit" "$@" < /dev/null 2>&1
`;
