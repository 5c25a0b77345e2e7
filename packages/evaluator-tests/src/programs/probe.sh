# Finds out whether the machine of a sandbox is sound. Uses $in, $repo, $newline and $oom, which is an earlier answer of
# count_oom_kills.
# shellcheck shell=sh disable=SC2154,SC2034

# Sets $oom_kills to how many processes the kernel has ended because memory ran out: those of all sandboxes of the machine.
count_oom_kills() {
  # Word by word: to look for a part of a text takes dash 16 ms here.
  # shellcheck disable=SC2046
  set -- $(cat /proc/vmstat 2> /dev/null)
  while [ $# -gt 1 ] && [ "$1" != oom_kill ]; do shift 2; done
  oom_kills=${2-}
}

# Fails with the reason on standard error.
unsound() { echo "$*" >&2; exit 1; }

# Fails when memory, room or processes have run out. Asks for more than what a failed program may have freed.
probe() {
  # Children of the probe wait in a pipe, and end with it.
  children='' dir='' seen=' '
  trap '[ -z "$children" ] || kill $children; [ -z "$dir" ] || rm -rf "$dir"' EXIT
  count_oom_kills
  [ -z "$oom" ] || [ "$oom" = "$oom_kills" ] || unsound 'the kernel ended a process because memory ran out'
  dd if=/dev/zero of=/dev/null bs=134217728 count=1 2> /dev/null || unsound 'no 128 MiB of memory are free'
  for place in "$in" "$repo" "${TMPDIR:-/tmp}"; do
    [ -d "$place" ] || continue
    device=$(stat -c %d "$place") || unsound "cannot look at $place"
    case $seen in *" $device "*) continue ;; esac
    seen="$seen$device "
    probe_room
  done
  mkfifo "$in/probe-$$" || unsound "cannot make a pipe in $in"
  dir=$in/probe-$$ count=0
  while [ $count -lt 128 ]; do
    (read -r line < "$in/probe-$$") &
    children="$children $!" count=$((count + 1))
  done
}

# 16 MiB that do not compress, and 64 files.
probe_room() {
  said=$(mktemp -d "$place/probe.XXXXXX" 2>&1) || unsound "cannot make a directory in $place: ${said##*: }"
  dir=$said count=0
  said=$(dd if=/dev/urandom of="$dir/file" bs=1048576 count=16 conv=fsync 2>&1) || unsound "cannot write 16 MiB to $place: $(reason_of "$said")"
  while [ $count -lt 64 ]; do
    { true > "$dir/$count"; } 2> /dev/null || unsound "cannot make 64 files in $place"
    count=$((count + 1))
  done
  rm -rf "$dir" || unsound "cannot remove what was written to $place"
}

# Of dd, the end of its first line.
reason_of() {
  first=${1%%"$newline"*}
  echo "${first##*: }"
}
