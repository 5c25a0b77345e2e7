#!/bin/sh
# The relay: installs the client in a sandbox and connects its calls with the host. relay-program.ts describes what it prints
# and reads.
#
# Arguments: the client, the maximum bytes of a call's arguments and of its input, the folder of an earlier relay or an empty
# string, the names of commands on PATH, `--`, and the names of hidden commands. Prints `ready FOLDER BIN` first.

set -u
umask 077
client=$1 max_bytes=$2 dir=$3
shift 3

# A relay that comes back uses the folder of the earlier one, where calls may wait.
if [ -z "$dir" ]; then
  # A command of the sandbox's own must not be shadowed.
  for name; do
    [ "$name" != -- ] || break
    if found=$(command -v "$name"); then echo "the sandbox already has a command $name: $found" >&2; exit 69; fi
  done
  dir=$(mktemp -d "${TMPDIR:-/tmp}/cooperbench.XXXXXX") || exit 69
else
  mkdir -p "$dir" || exit 69
fi

# The first folder on PATH that is writable gets the commands.
bin=
IFS=:
for d in $PATH; do [ -d "$d" ] && [ -w "$d" ] && { bin=$d; break; }; done
unset IFS
[ -n "$bin" ] || { echo "no directory on PATH ($PATH) is writable" >&2; exit 69; }

# Installs the client under the name of each command. Those that are hidden are not on PATH.
mkdir -p "$dir/bin" && cd "$dir" || exit 69
printf "#!/bin/sh\ndir='%s' max_bytes=%s\n%s\n" "$dir" "$max_bytes" "$client" > client || exit 69
installed='' missing=
target=$bin
for name; do
  if [ "$name" = -- ]; then target=$dir/bin; continue; fi
  installed="$installed $target/$name"
  # A relay that comes back leaves alone what somebody may be starting at this moment.
  [ -x "$target/$name" ] || missing="$missing $target/$name"
done
# shellcheck disable=SC2086 # A list of paths.
if [ -n "$missing" ]; then tee $missing < client > /dev/null && chmod 755 $missing || exit 69; fi

# Open for writing as well, so that the relay waits for the next client when one has ended.
[ -p in ] || { rm -rf in && mkfifo in; } || exit 69
exec 8<> in

# Ends the call in the folder $1 with the text $2 and the exit code $3.
answer() { : > "$1/out"; printf '%s\n' "$2" > "$1/err" 2> /dev/null && echo "$3" 1<> "$1/reply"; }

# Prints the words $1 and the content of the file $2.
encoded() { printf '%s =' "$1"; base64 < "$2" | tr -d '\n'; echo; }

# Tells the host what a client announced: `KIND.FOLDER`. A client that was killed may have removed its folder since.
forward() {
  r=${1#*.}
  case $1 in
    call.req.*)
      [ -f "$r/command" ] || return 0
      read -r command < "$r/command"
      : > "$r/taken"
      encoded "$r $command" "$r/args" ;;
    stdin.req.*) [ ! -f "$r/body" ] || encoded "$r stdin" "$r/body" ;;
    stream.req.* | printed.req.* | gone.req.*) echo "$r ${1%%.*}" ;;
  esac
}

# Waits until the client of the call in the folder $1 says that its input has ended. A client that was killed says nothing.
watch() {
  # A FIFO that nobody has open for writing makes its reader wait, so this opens it so for a moment.
  # shellcheck disable=SC2094 # It is a FIFO.
  { read -r _ <&6 || { rm -rf "$1"; echo "gone.$1" 1<> in; }; } 5<> "$1/life" 6< "$1/life" 5>&-
} 2> /dev/null

echo "ready $dir $bin"

# The calls that an earlier relay left. What it had told the host may have been done.
for r in req.*; do
  if [ -e "$r/taken" ]; then answer "$r" 'The connection was lost. The command may or may not have worked.' 75; else forward "call.$r"; fi
done

# One process tells the host what clients announce, and this one passes on the host's answers.
while read -r line; do forward "$line"; done <&8 &
forwarder=$!
while read -r id code out err; do
  case $code in
    stdin | stream)
      [ -p "$id/life" ] || continue
      watch "$id" > /dev/null &
      echo "$code" 1<> "$id/reply" ;;
    *)
      printf %s "${out#=}" | base64 -d > "$id/out" 2> /dev/null && printf %s "${err#=}" | base64 -d > "$id/err" 2> /dev/null &&
        echo "$code" 1<> "$id/reply" ;;
  esac
done

# The host has closed the relay's input: the seat is over.
kill $forwarder 2> /dev/null
# shellcheck disable=SC2086 # A list of paths.
rm -rf "$dir" $installed
