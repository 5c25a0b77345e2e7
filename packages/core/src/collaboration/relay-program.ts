/**
 * The programs that a seat's sandbox gets. They need POSIX sh and coreutils (or busybox).
 *
 * One client serves every command: it is installed under each name and finds its own name in `$0`. A call is a folder
 * `req.XXXXXX` that holds `command`, `args` (each followed by a NUL byte) and the FIFOs `reply` and `life`. The client writes
 * the folder's name into the FIFO `in`. The relay, `sh -c relayProgram`, prints one line for each: `NAME COMMAND =ARGS`
 * (base64 after `=`). The host answers on the relay's standard input:
 *
 * - `NAME stdin`: the client sends its standard input, and the relay prints `NAME stdin =BYTES`.
 * - `NAME stream`: the client makes the FIFOs `up` and `down` and copies its standard streams through them. The relay
 *   prints `NAME stream`, and the host attaches to them with `attachProgram`.
 * - `NAME CODE =STDOUT =STDERR`: the client prints both and exits. The relay then prints `NAME printed`. When the client
 *   ended without printing, the relay prints `NAME gone`.
 *
 * Only the client holds `life` open. While a call reads its standard input or streams, a watcher reads from `life`, so that
 * the host learns when a client is killed.
 *
 * The folders are the queue. The FIFO only announces them, so a restarted relay finds the calls that wait.
 */

/** Maximum bytes of a command's arguments, of its standard input, and of its answer. */
export const maxBytes: number = 256 * 1024;

/** Not `cat`: busybox implements it with sendfile, which may not wake a reader that waits on a FIFO (seen on Linux 6.18). */
const copy = 'dd bs=65536 2> /dev/null';

/** The client. The relay program writes it to a file, after a line that sets `dir`. */
const client = `
me=\${0##*/}
r=$(mktemp -d "$dir/req.XXXXXX") || { echo "$me: CooperBench does not answer in this sandbox" >&2; exit 69; }
announce() { printf '%s\\n' "$1.\${r##*/}" 1<>"$dir/in"; }
end=gone copying=
trap 'kill $copying 2> /dev/null; rm -rf "$r"; announce $end 2> /dev/null' EXIT
trap 'exit 130' INT TERM HUP
mkfifo "$r/reply" "$r/life" || exit 69
exec 9<>"$r/reply" 8<>"$r/life"
: > "$r/args"
[ $# = 0 ] || printf '%s\\0' "$@" > "$r/args"
if [ "$(wc -c < "$r/args")" -gt ${maxBytes} ]; then echo "$me: refused: the text is longer than ${maxBytes} bytes" >&2; exit 1; fi
echo "$me" > "$r/command"
announce call
while read -r code <&9; do
  case $code in
    stdin)
      : > "$r/body"
      {
        head -c ${maxBytes + 1} <&4 > "$r/body" 2> /dev/null 8>&- &
        copying=$!
        wait
      } 4<&0
      echo end >&8
      announce stdin ;;
    stream)
      mkfifo "$r/up" "$r/down" || exit 69
      announce stream
      {
        ${copy} <&4 > "$r/up" 8>&- &
        up=$!
        ${copy} < "$r/down" 8>&- &
        copying="$up $!"
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
`;

/**
 * Connects the host to the call in the folder `$1`: standard input goes to the caller, and the caller's input comes out. When
 * that input ends, prints its number of bytes on standard error. (Not every dd prints one.)
 */
export const attachProgram: string = `mkfifo "$1/count" || exit
tee "$1/count" < "$1/up" & wc -c < "$1/count" >&2 & ${copy} > "$1/down"; wait`;

/**
 * The relay. Arguments: the folder of an earlier relay or an empty string, the names of commands on PATH, `--`, and the names
 * of hidden commands. Prints `ready FOLDER BIN`, then the lines described above.
 */
export const relayProgram: string = `
set -u
umask 077
dir=$1
shift
if [ -z "$dir" ]; then
  for name; do
    [ "$name" != -- ] || break
    if found=$(command -v "$name"); then echo "the sandbox already has a command $name: $found" >&2; exit 69; fi
  done
  dir=$(mktemp -d "\${TMPDIR:-/tmp}/cooperbench.XXXXXX") || exit 69
else
  mkdir -p "$dir" || exit 69
fi
bin=
IFS=:
for d in $PATH; do [ -d "$d" ] && [ -w "$d" ] && { bin=$d; break; }; done
unset IFS
[ -n "$bin" ] || { echo "no directory on PATH ($PATH) is writable" >&2; exit 69; }

mkdir -p "$dir/bin" && cd "$dir" || exit 69
{ printf "#!/bin/sh\\ndir='%s'\\n" "$dir"; cat <<'COOPERBENCH_END'
${client}COOPERBENCH_END
} > client || exit 69
installed= missing=
target=$bin
for name; do
  if [ "$name" = -- ]; then target=$dir/bin; continue; fi
  installed="$installed $target/$name"
  # A relay that comes back leaves alone what somebody may be starting at this moment.
  [ -x "$target/$name" ] || missing="$missing $target/$name"
done
if [ -n "$missing" ]; then tee $missing < client > /dev/null && chmod 755 $missing || exit 69; fi

[ -p in ] || { rm -rf in && mkfifo in; } || exit 69
exec 8<>in
answer() { : > "$1/out"; printf '%s\\n' "$2" > "$1/err" 2> /dev/null && echo "$3" 1<>"$1/reply"; }
encoded() { printf '%s =' "$1"; base64 < "$2" | tr -d '\\n'; echo; }
forward() {
  r=\${1#*.}
  case $1 in
    call.req.*)
      [ -f "$r/command" ] || return 0
      read -r command < "$r/command"
      : > "$r/taken"
      encoded "$r $command" "$r/args" ;;
    stdin.req.*) [ ! -f "$r/body" ] || encoded "$r stdin" "$r/body" ;;
    stream.req.* | printed.req.* | gone.req.*) echo "$r \${1%%.*}" ;;
  esac
}
watch() {
  # A FIFO that nobody has open for writing makes its reader wait, so this opens it so for a moment.
  { read -r end <&6 || { rm -rf "$1"; echo "gone.$1" 1<>in; }; } 5<>"$1/life" 6< "$1/life" 5>&-
} 2> /dev/null
echo "ready $dir $bin"
for r in req.*; do
  if [ -e "$r/taken" ]; then answer "$r" 'The connection was lost. The command may or may not have worked.' 75; else forward "call.$r"; fi
done
while read -r line; do forward "$line"; done <&8 &
forwarder=$!
while read -r id code out err; do
  case $code in
    stdin | stream)
      [ -p "$id/life" ] || continue
      watch "$id" > /dev/null &
      echo "$code" 1<>"$id/reply" ;;
    *)
      printf %s "\${out#=}" | base64 -d > "$id/out" 2> /dev/null && printf %s "\${err#=}" | base64 -d > "$id/err" 2> /dev/null &&
        echo "$code" 1<>"$id/reply" ;;
  esac
done
kill $forwarder 2> /dev/null
rm -rf "$dir" $installed
`;
