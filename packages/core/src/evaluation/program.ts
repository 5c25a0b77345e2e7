import { mergeProgram } from './merge-program.ts';
import { testProgram } from './test-program.ts';

/**
 * Evaluates one tree inside a sandbox: applies patches, merges them, prints the diff and runs tests. POSIX sh with coreutils
 * and git. Interactive sandboxes and batch jobs run this same program; `Job` describes how.
 *
 * Input: `plan` (lines `seats ID…`, `features N…`, `timeout SECONDS`, `diff BYTES` when the diff is wanted,
 * `fallback first`), `SEAT.patch`, `tests-N.patch` of all features (including those not tested here), `rules` for files that
 * agents may not change, `resolve` (the merge policy's script, optional), `run_tests.sh` (only where the image has no
 * `/usr/local/bin/runner.sh`).
 *
 * Facts, one per line: `drop SEAT RULE<tab>PATH`; `apply SEAT applied|skipped|failed`; `conflict PATH`;
 * `merge clean|conflicts|missing_input naive|resolved|fallback|none`; `run N EXIT SECONDS`; `ruined N WHY`; `done`. Each
 * line begins with the mark, so that code under test cannot add facts, even if it finds the program's output.
 *
 * Result: `merged.patch`, printed before any test runs, and `N.output`.
 */
export const evaluationProgram: string = `
set -u
in=$1 out=$2 repo=$3
read -r mark || mark=
exec 3>&1 < /dev/null
newline='
'
tab=$(printf '\\t') spaces=$IFS
say() { printf '%s\\n' "$mark $*" >&3; }
give_up() { echo "$*" >&2; exit 70; }

# For a subshell: configuration, attributes and replaced objects of others take no part.
use_own_git() {
  export LC_ALL=C GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1 GIT_NO_REPLACE_OBJECTS=1 GIT_TERMINAL_PROMPT=0 GIT_CONFIG_COUNT=7
  export GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' GIT_CONFIG_KEY_1=core.hooksPath GIT_CONFIG_VALUE_1=/dev/null
  export GIT_CONFIG_KEY_2=core.autocrlf GIT_CONFIG_VALUE_2=false GIT_CONFIG_KEY_3=commit.gpgSign GIT_CONFIG_VALUE_3=false
  export GIT_CONFIG_KEY_4=core.fsmonitor GIT_CONFIG_VALUE_4=false GIT_CONFIG_KEY_5=maintenance.auto GIT_CONFIG_VALUE_5=false
  export GIT_CONFIG_KEY_6=gc.auto GIT_CONFIG_VALUE_6=0
  export GIT_AUTHOR_NAME=eval GIT_AUTHOR_EMAIL=eval@cooperbench.local GIT_COMMITTER_NAME=eval GIT_COMMITTER_EMAIL=eval@cooperbench.local
}

# Sets $glob to a pattern that matches a path as git quotes it. What is special to globs or to git becomes a '?'.
glob_of() {
  rest=$1 glob=
  case $rest in \\"*) rest=\${rest#?} rest=\${rest%?} ;; esac
  while :; do
    case $rest in *[\\\\*?[]*) ;; *) glob=$glob$rest; return ;; esac
    plain=\${rest%%[\\\\*?[]*}
    glob="$glob$plain?" rest=\${rest#"$plain"}
    case $rest in
      \\\\[0-7][0-7][0-7]*) rest=\${rest#????} ;;
      \\\\*) rest=\${rest#??} ;;
      *) rest=\${rest#?} ;;
    esac
  done
}
${mergeProgram}${testProgram}
seats='' features='' limit=600 diff=0 fallback=''
while read -r key value; do
  case $key in
    seats) seats=$value ;;
    features) features=$value ;;
    timeout) limit=$value ;;
    diff) diff=$value ;;
    fallback) fallback=$value ;;
  esac
done < "$in/plan"
runner=/usr/local/bin/runner.sh
[ ! -e "$in/run_tests.sh" ] || runner=$in/run_tests.sh
[ -e "$runner" ] || give_up "no $runner"
cd "$repo" || give_up "no repository at $repo"
# The commit that the patches are for, and where its objects are.
found=$(use_own_git; git rev-parse -q --path-format=absolute --git-path objects --verify HEAD) || give_up "$repo has no commit"
root=\${found##*"$newline"} objects=\${found%"$newline"*}
scratch=$in/scratch
mkdir -p "$out" "$scratch/tree/.git/info" "$scratch/tree/.git/objects/info" "$scratch/tree/.git/refs/heads/eval" || give_up "cannot make $out"
how=$(merge_patches) || exit
[ "$how" = none ] || run_tests
say done
`;
