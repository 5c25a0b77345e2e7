#!/bin/sh
# Wraps a job's program: one process receives the files, runs the program, returns the results and becomes the first step.
# Separate execs would each take as long as a short test run.
#
# Arguments: input directory, result directory, repository, program, program of steps, then NAME BYTES of each output.
# Input: the mark, then the length of a script that writes short files of plain text and the script, then for each other file a
# line `NAME BYTES` and its bytes, then an empty line. Then the name of a step, and its input; or nothing.
# Output: the output of the program, `MARK file NAME BASE64` for each output that exists, `MARK end`. The result directory goes.
# What the step prints follows. On standard error, a line with the mark comes before it.
#
# Thousands of sandboxes run this, so it starts few processes.

in=$1 out=$2 repo=$3 program=$4 step_program=$5
shift 5
give_up() { echo "$*" >&2; exit 70; }

# Prints that many bytes of the input. With dd, because busybox's head reads past the bytes that it prints.
take() {
  if [ "$1" -ge 65536 ]; then dd bs=65536 count=$(($1 / 65536)) iflag=fullblock 2> /dev/null || return; fi
  if [ $(($1 % 65536)) -gt 0 ]; then dd bs=$(($1 % 65536)) count=1 iflag=fullblock 2> /dev/null; fi
}

# The files. The script needs one process for all of its files; its variable is $in.
[ -d "$in" ] || mkdir -p "$in" || give_up "cannot make $in"
{ read -r mark && read -r bytes; } || give_up 'no input'
eval "$(take "$bytes")" || give_up "cannot write to $in"
while read -r name bytes && [ -n "$name" ]; do
  take "$bytes" > "$in/$name" || give_up "cannot write $in/$name"
done

# The program, in a shell of its own. It gets the mark as its input, which steps must not know.
printf '%s\n' "$mark" | (set -- "$in" "$out" "$repo"; eval "$program")
code=$?

# Prints a file in base64, on one line. The option is not in older versions of busybox.
encode() { base64 -w0 "$1" 2> /dev/null || base64 "$1" | tr -d '\n'; }

# The outputs that exist. Of one that is too long, its beginning and its end.
names='' limits=' '
while [ $# -gt 0 ]; do
  [ ! -f "$out/$1" ] || names="$names $1" limits="$limits$1 $2 "
  shift 2
done
# shellcheck disable=SC2086,SC2046 # Names of ours. wc prints a size and a name for each file, and perhaps a total.
[ -z "$names" ] || set -- $(cd "$out" && wc -c $names)
for name in $names; do
  size=$1 limit=${limits#* "$name" } limit=${limit%% *}
  shift 2
  printf '%s file %s ' "$mark" "$name"
  if [ "$size" -le "$limit" ]; then
    encode "$out/$name"
  else
    each=$((limit / 2))
    { head -c "$each" "$out/$name"; echo; tail -c "$each" "$out/$name"; } | base64 | tr -d '\n'
  fi
  echo
done

# Steps must not find what the program left for the host.
rm -rf "$out"
[ $code = 0 ] || exit $code
printf '%s end\n' "$mark"

# Becomes the first step, if there is one. The host takes no exit code without the mark for that of a step.
read -r step || exit 0
echo "$mark" >&2
exec sh -c "$step_program" sh "$in" "$out" "$repo" "$step"
