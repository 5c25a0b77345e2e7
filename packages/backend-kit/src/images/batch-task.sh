#!/bin/sh
# What a machine of a batch engine runs for a task, as root and with Docker. task-script.ts describes the objects that it reads
# and writes.
#
# Lines before it set:
# objects: the folder of the session's objects
# task: the beginning of the names of the task's objects
# kept_output, most_output: bytes of a step's output that are kept, and that it may print
# kept_lines: a pattern of lines in the middle of an output that are kept
# protect: a function that keeps containers away from resources of the machine
# run_container: a function that runs the task's container with options of `docker run`
# run_program SECONDS BYTES, run_step SECONDS BYTES NAME: functions that run the job's program with $outputs, or a step, with
# `limited`
# shellcheck disable=SC2154

set -u
cd "$objects" || exit 1
# A task that runs again after its result exists does nothing.
[ -e "$task.input" ] && [ ! -e "$task.result" ] || exit 0
work=$(mktemp -d) || exit 1
remove() { docker rm --force --volumes cooperbench > /dev/null 2>&1; }
trap 'remove; rm -rf "$work"' EXIT
# What an earlier run of this task has left.
remove
protect

# The container leaves half a gigabyte of memory to the machine.
memory=$(($(sed -n 's/^MemTotal: *\([0-9]*\).*/\1/p' /proc/meminfo) - 524288))k
run_container --memory="$memory" --memory-swap="$memory" > /dev/null 2> "$work/stderr" || { cat "$work/stderr" >&2; exit 1; }

# limited SECONDS BYTES COMMAND...: runs a command in the container. Leaves its exit code, output and the end of its errors in
# $work, and ends with its processes when it is past a limit. Sets $seconds and $ended.
limited() {
  limit=$1 bytes=$2
  shift 2
  started=$(date +%s)
  { { timeout -k 10 "$limit" docker exec --interactive cooperbench "$@" 2>&1 >&3 3>&-; echo $? > "$work/code"; } |
    tail -c 2000 > "$work/stderr"; } 3>&1 | head -c "$bytes" > "$work/output"
  seconds=$(($(date +%s) - started)) ended=-
  code=$(cat "$work/code") size=$(($(wc -c < "$work/output")))
  [ "$seconds" -lt "$limit" ] || ended='time'
  [ "$size" -lt "$bytes" ] || ended=output
  # The command's processes outlive docker exec.
  [ "$ended" = - ] || docker restart --time 0 cooperbench > /dev/null 2>&1
}

encoded() { base64 < "$1" | tr -d '\n'; }

# Prints the output of a step: all of it, or a quarter each of its beginning and its end, and between them lines of the middle.
shorten() {
  if [ "$size" -le "$kept_output" ]; then cat "$work/output"; return; fi
  quarter=$((kept_output / 4))
  head -c $quarter "$work/output"
  echo
  tail -c +$((quarter + 1)) "$work/output" | head -c $((size - 2 * quarter)) | tr -d '\000' | LC_ALL=C grep -E -e "$kept_lines" | head -c $((2 * quarter))
  echo
  tail -c $quarter "$work/output"
}

# The job's program. It reads the rest of the input, after its first two lines.
{
  # shellcheck disable=SC2034 # run_program uses $outputs.
  read -r seconds bytes outputs && read -r mark steps || exit 1
  run_program "$seconds" "$bytes"
} < "$task.input"
mv "$work/output" "$work/program"
echo "$code $size $(encoded "$work/stderr")" > "$work/head"

# Its steps, unless it failed: STEP:STDIN:SECONDS:AFTER.
[ "$code" = 0 ] || steps=
# Whether some step failed, and whether the last one did.
failed='' last=''
: > "$work/steps"
for one in $steps; do
  name=${one%%:*} rest=${one#*:}
  stdin=${rest%%:*} rest=${rest#*:}
  limit=${rest%:*} after=${rest##*:}
  before=$last last=
  case $after in success) [ -z "$failed" ] || continue ;; failure) [ -n "$before" ] || continue ;; esac
  # The program printed the file that the step reads.
  grep -q "^$mark file $stdin " "$work/program" || continue
  sed -n "s/^$mark file $stdin //p" "$work/program" | head -n 1 | base64 -d > "$work/stdin"
  run_step "$limit" "$most_output" "$name" < "$work/stdin"
  [ "$code" = 0 ] && [ "$ended" = - ] || failed=yes last=yes
  # A container that has ended is its own doing.
  if [ "$(docker inspect --format '{{.State.Running}}' cooperbench)" != true ]; then echo lost >> "$work/steps"; break; fi
  shorten > "$work/kept"
  { echo "$name $code $seconds $ended $(($(wc -c < "$work/kept"))) $(encoded "$work/stderr")"; cat "$work/kept"; } >> "$work/steps"
done
remove
# First on the own disk: the folder of objects may write piece by piece, and a result that exists counts.
cat "$work/head" "$work/program" "$work/steps" > "$work/result" && cp "$work/result" "$task.result"
