import { mergeProgram } from './merge-program.ts';
import { ownGitFunction, sealFunction, stateProgram } from './test-program.ts';

/**
 * Prepares one tree for its tests inside a sandbox: applies patches, merges them, and returns the repository to its base. Runs
 * no code of an agent. POSIX sh with coreutils and git. Interactive sandboxes and batch jobs run this same program; `Job`
 * describes how.
 *
 * Input: `plan` (lines `seats ID…`, `features N…`, `timeout SECONDS`, `diff yes` when the diff is wanted, `fallback first`,
 * `canary N`), `SEAT.patch`, `tests-N.patch` of all features (including those not tested here), `rules` for files that agents
 * may not change, `resolve` (the merge policy's script, optional), `canaries` (optional, see `make_canary`), `run_tests.sh`
 * (only where the image has no `/usr/local/bin/runner.sh`).
 *
 * Facts, one per line: `drop SEAT RULE<tab>PATH`; `apply SEAT applied|skipped|failed`; `conflict PATH`;
 * `merge clean|conflicts|missing_input naive|resolved|fallback|none`; `canary N TOKEN…`; `exhausted` when git was killed or said
 * that something ran out.
 *
 * Result: `merged.patch`, `doubt` when git failed and the machine may be to blame, and what `testProgram` reads: `state`, and `canary` where one can be made. Without a tree to test,
 * there is no state.
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

${ownGitFunction}
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
${mergeProgram}${sealFunction}${stateProgram}
seats='' features='' limit=600 diff='' fallback='' canary=''
while read -r key value; do
  case $key in
    seats) seats=$value ;;
    features) features=$value ;;
    timeout) limit=$value ;;
    diff) diff=$value ;;
    fallback) fallback=$value ;;
    canary) canary=$value ;;
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
[ "$how" = none ] || leave_state
`;
