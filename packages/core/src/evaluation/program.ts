/**
 * The evaluation of one tree, inside a sandbox: apply patches, merge them, hand out the diff, run tests. POSIX sh with
 * coreutils and git. Interactive sandboxes and batch jobs run this same program, as a `Job` says.
 *
 * Input: `plan` (lines `seats ID…`, `features N…`, `timeout SECONDS`, `diff BYTES` when the diff is wanted,
 * `fallback first`), `SEAT.patch`, `tests-N.patch`, `resolve` (the merge policy's script, optional), `run_tests.sh` (only
 * where the image has no `/usr/local/bin/runner.sh`).
 *
 * Facts, a line each: `base COMMIT`; `apply SEAT applied|skipped|failed`; `conflict PATH`; `merge
 * clean|conflicts|missing_input naive|resolved|fallback|none`; `run N EXIT SECONDS`; `ruined N WHY`; `done`. They begin
 * with the mark, so that code under test that finds the program's output cannot add to it.
 *
 * Result: `merged.patch`, printed before any test runs, and `N.output`.
 */
export const evaluationProgram: string = `
set -u
in=$1 out=$2 repo=$3
read -r mark || mark=
exec < /dev/null
say() { printf '%s\\n' "$mark $*"; }
give_up() { echo "$*" >&2; exit 70; }
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_TERMINAL_PROMPT=0 LC_ALL=C
export GIT_CONFIG_COUNT=5
export GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' GIT_CONFIG_KEY_1=core.hooksPath GIT_CONFIG_VALUE_1=/dev/null
export GIT_CONFIG_KEY_2=core.autocrlf GIT_CONFIG_VALUE_2=false GIT_CONFIG_KEY_3=commit.gpgSign GIT_CONFIG_VALUE_3=false
export GIT_CONFIG_KEY_4=core.fsmonitor GIT_CONFIG_VALUE_4=false
export GIT_AUTHOR_NAME=eval GIT_AUTHOR_EMAIL=eval@cooperbench.local GIT_COMMITTER_NAME=eval GIT_COMMITTER_EMAIL=eval@cooperbench.local

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
mkdir -p "$out" && cd "$repo" || give_up "no repository at $repo"
base=$(git rev-parse -q --verify HEAD) || give_up "$repo has no commit"
say base "$base"

failed='' first='' last='' others=''
for seat in $seats; do
  git checkout -q -f -B "eval/$seat" "$base" && git clean -ffdq || give_up "cannot check out the base commit"
  status=skipped
  if [ -s "$in/$seat.patch" ]; then
    status=failed
    for option in --index --3way --recount; do
      if [ $option = --recount ]; then option='--index --recount'; fi
      if git apply --whitespace=nowarn $option "$in/$seat.patch" > /dev/null 2>&1; then status=applied; break; fi
      git reset -q --hard "$base" && git clean -ffdq || give_up "cannot reset to the base commit"
    done
    if [ $status = applied ]; then git commit -q --allow-empty -m "$seat" || give_up "cannot commit $seat"; else failed="$failed $seat"; fi
  fi
  say apply "$seat" $status
  [ -n "$first" ] || first=$seat
  others="$others $last" last=$seat
done

merge=clean how=naive
if [ -n "$failed" ]; then
  merge=missing_input how=none
else
  git checkout -q -f -B eval/merged "eval/$last" || give_up "cannot check out $last"
  for seat in $others; do
    git merge -q --no-edit -m merge "eval/$seat" > "$out/merge.log" 2>&1 && continue
    merge=conflicts
    git diff --name-only --diff-filter=U | while read -r path; do say conflict "$path"; done
    git merge --abort 2> /dev/null || git reset -q --hard || give_up "cannot undo a merge"
    git clean -ffdq
    if [ $how != none ] && [ -s "$in/resolve" ] && sh "$in/resolve" "eval/$seat" > "$out/resolve.log" 2>&1; then
      how=resolved
    else
      how=none
      git merge --abort 2> /dev/null || git reset -q --hard
      break
    fi
  done
fi
if [ $how = none ] && [ "$fallback" = first ]; then
  case " $failed " in *" $first "*) ;; *) how=fallback; git checkout -q -f -B eval/merged "eval/$first" || give_up "cannot check out $first" ;; esac
fi
if [ $how != none ]; then
  git diff --binary --full-index --no-color --no-ext-diff --no-textconv --no-renames "$base" eval/merged > "$in/merged.patch" || give_up "no difference of the merged tree"
  if [ "$diff" -gt 0 ]; then
    printf '%s file merged.patch ' "$mark"
    head -c "$diff" "$in/merged.patch" | base64 | tr -d '\\n'
    echo
  fi
fi
say merge $merge $how

seal() { cat "$runner" "$in"/*.patch | sha256sum; }
sealed=$(seal)
run() {
  feature=$1
  if [ "$(seal)" != "$sealed" ]; then say ruined "$feature" "the tests were tampered with by an earlier test run"; return; fi
  if ! { git checkout -q -f --detach "$base" && git reset -q --hard && git clean -ffdq; } 2> "$out/$feature.output"; then
    say ruined "$feature" "the repository was ruined by an earlier test run"
    return
  fi
  if [ -e "$in/run_tests.sh" ]; then set -- sh "$runner" "$repo" "$in/tests-$feature.patch"; dir=$in/; else set -- "$runner" "tests-$feature.patch"; dir=; fi
  # Runners take the second patch as optional; an empty one is not a patch to git.
  [ ! -s "$in/merged.patch" ] || set -- "$@" "\${dir}merged.patch"
  started=$(date +%s)
  # One file may have 2 GiB: what tests print must not fill the disk.
  (ulimit -f 4194304; exec timeout -k 10 "$limit" "$@") > "$out/$feature.output" 2>&1 < /dev/null
  code=$?
  say run "$feature" $code $(($(date +%s) - started))
}
[ $how = none ] || for feature in $features; do run "$feature"; done
say done
`;
