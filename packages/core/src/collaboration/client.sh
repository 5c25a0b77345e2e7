#!/bin/sh
# The client: what a channel's command is in a sandbox. relay-program.ts describes what it says to the relay.
#
# The relay writes it to a file, after a line that sets:
# dir: the folder of the relay
# max_bytes: maximum bytes of the arguments, and of the standard input
# shellcheck disable=SC2154

# It is installed under the name of each command.
me=${0##*/}
r=$(mktemp -d "$dir/req.XXXXXX") || { echo "$me: CooperBench does not answer in this sandbox" >&2; exit 69; }

# Writes to the relay's FIFO. Opened for reading as well, it does not wait for a relay that has ended.
announce() { printf '%s\n' "$1.${r##*/}" 1<> "$dir/in"; }

# However the client ends, nothing keeps copying, the folder goes, and the relay hears whether the answer was printed.
end=gone copying=
# shellcheck disable=SC2086 # $copying is a list of processes, $end one word.
trap 'kill $copying 2> /dev/null; rm -rf "$r"; announce $end 2> /dev/null' EXIT
trap 'exit 130' INT TERM HUP

# The answer comes through `reply`. Only this process holds `life` open: a watcher there sees when it is killed.
mkfifo "$r/reply" "$r/life" || exit 69
exec 9<> "$r/reply" 8<> "$r/life"

# A byte NUL ends each argument, as an argument may have any other byte.
: > "$r/args"
[ $# = 0 ] || printf '%s\0' "$@" > "$r/args"
if [ "$(wc -c < "$r/args")" -gt "$max_bytes" ]; then
  echo "$me: refused: the text is longer than $max_bytes bytes" >&2
  exit 1
fi
echo "$me" > "$r/command"
announce call

# Copies streams. Not `cat`: busybox implements it with sendfile, which may not wake a reader that waits on a FIFO (seen on
# Linux 6.18).
copy() { exec dd bs=65536 2> /dev/null; }

# The relay answers with a number, the exit code, or first asks for the standard input.
while read -r code <&9; do
  case $code in
    stdin)
      : > "$r/body"
      # In the background, so that a signal does not wait for the input. Its standard input would be empty there, so it is 4.
      {
        head -c $((max_bytes + 1)) <&4 > "$r/body" 2> /dev/null 8>&- &
        copying=$!
        wait
      } 4<&0
      echo end >&8
      announce stdin ;;
    stream)
      mkfifo "$r/up" "$r/down" || exit 69
      announce stream
      {
        copy <&4 > "$r/up" 8>&- &
        up=$!
        copy < "$r/down" 8>&- &
        copying="$up $!"
        # When the host has sent everything, nobody reads the rest of the input.
        wait $!
        kill $up 2> /dev/null
        wait
      } 4<&0
      echo end >&8 ;;
    *) break ;;
  esac
done
cat "$r/out" && cat "$r/err" >&2 && end=printed
exit "$code"
