#!/bin/sh
# Runs the tests of a feature on a tree, as a process of its own: it becomes the runner. Or it is a probe of the machine, or leaves
# the sandbox ready to be kept, when its step's name says so.
#
# Arguments: the folder of the job's files, the folder of results, the repository, the name of the step. Standard input: what
# state.sh wrote; of the canary, then the tests patch in place of the feature's. What it says itself goes to standard error, with
# exit code 70. own-git.sh, seal.sh and probe.sh come before it.
# shellcheck disable=SC2154,SC2034

set -u
in=$1 repo=$3 feature=$4
newline='
'
give_up() { echo "$*" >&2; exit 70; }

# The state.
complete='' root='' limit='' oom='' runner='' called='' first='' git='' sha256sum='' timeout='' sealed_files='' kept='' sealed=''
while IFS= read -r line; do
  value=${line#* }
  case $line in
    end) complete=yes; break ;;
    feature\ *) feature=$value ;;
    file\ *) sealed_files=$sealed_files$value$newline ;;
    kept\ *) kept=$kept$value$newline ;;
    seal\ *) sealed=$sealed$value$newline ;;
    root\ * | limit\ * | oom\ * | runner\ * | called\ * | first\ * | git\ * | sha256sum\ * | timeout\ *) eval "${line%% *}=\$value" ;;
  esac
done

# Runs git in the repository.
in_repo() (
  use_own_git
  cd "$repo" && "$git" "$@"
)

# Leaves the sandbox as an image would be: the repository at its base with what the tests made outside of git, and no input.
settle() {
  in_repo checkout -q -f --detach "$root" && in_repo clean -ffdq && rm -rf "${in:?}"/* || exit 70
  # Python takes a file for unchanged that changes within a second and keeps its size.
  sleep 1
}

# New files go first, ignored ones too: attributes and ignore rules among them must not decide what returns.
return_to_base() {
  # shellcheck disable=SC2086 # Options, one a line.
  (set -f; IFS=$newline; in_repo clean -ffdxq $kept) && in_repo checkout -q -f --detach "$root"
}

case $4 in
  probe | *.probe) probe; exit ;;
  settle) settle; exit ;;
esac
[ -n "$complete" ] || give_up 'the tests did not get all of their input'
# Between two runs, the repository returns to its base, and the sealed files must be unchanged.
if [ "$4" != "$first" ]; then
  [ "$(seal)$newline" = "$sealed" ] || give_up 'the tests were tampered with by an earlier test run'
  return_to_base > /dev/null 2>&1 || give_up 'the repository was ruined by an earlier test run'
  [ "$4" = "$feature" ] || cat > "$in/tests-$feature.patch" || give_up 'the tests of the canary could not be written'
fi
# A task without the image's runner has a script that takes a directory.
if [ -e "$in/run_tests.sh" ]; then set -- sh "$runner" "$repo" "$in/tests-$feature.patch"; dir=$in/; else set -- "$runner" "tests-$feature.patch"; dir=; fi
# Runners take the second patch as optional; an empty one is not a patch to git.
[ ! -s "$in/merged.patch" ] || set -- "$@" "${dir}merged.patch"
cd "$repo" && exec "$timeout" -k 10 "$limit" "$@" < /dev/null 2>&1
