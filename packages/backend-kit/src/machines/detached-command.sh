#!/bin/sh
# Runs one command on a machine apart from the SSH connection that starts it, so that it goes on when the connection breaks.
# Everything about it is in a folder of its own. A later connection runs this script again, and continues where the first was.
#
# Arguments: a name for the folder; `start`, or `resume` when the command is known to have started; how many bytes of standard output and of
# standard error the client has.
#
# The client sends lines, some of them followed by SIZE bytes:
#   run SIZE      a program, which writes its exit code to the file `$1/code`; only after `start`, and first
#   in AT SIZE    a piece of the command's input, which begins at the offset AT
#   eof AT        the input ends at AT
#   out AT, err AT    the client's reader has taken that much
#   bye           the client needs nothing more
# It gets lines of the same form:
#   here          the command has started
#   in AT         the command has been given that much of its input
#   out SIZE, err SIZE    a piece of an output
#   exit CODE, lost       how the command ended
#   end           both outputs are complete

umask 077
folder=${TMPDIR:-/tmp}/$1 mode=$2 out=$3 err=$4 home=$PWD
# How much of an output may wait for its reader.
most=3145728

# Makes pieces of an output, which is standard input: files with the names of their beginnings, each with a line of the index.
# Each costs some processes. So while there is much output, a piece is the result of many reads, about 1 MiB. Before each, holds
# the command back until its reader has taken enough.
pump() {
  at=0 taken=0 count=1
  exec 7<> "wake-$1"
  while :; do
    if is_ahead "$1"; then
      echo held > "$1.held"
      while is_ahead "$1"; do read -r _ <&7; done
      : > "$1.held"
    fi
    room=$(((most - at + taken + 65535) / 65536))
    [ "$count" -le "$room" ] || count=$room
    watcher=
    if [ "$count" -gt 1 ]; then
      watch_piece "$1" &
      watcher=$!
    fi
    dd bs=65536 count="$count" of="$1.$at" 2> /dev/null || : > lost
    if [ -n "$watcher" ]; then
      kill "$watcher"
      wait "$watcher"
    fi
    size=$(wc -c < "$1.$at") || size=0
    [ "$size" -gt 0 ] || break
    echo "$at $((at + size))" >> "$1.index"
    at=$((at + size))
    echo >&9
    if [ "$size" -lt 65536 ]; then count=1; else count=$((1048576 * count / size)); fi
    [ "$count" -gt 0 ] || count=1
  done
  : > "$1.end"
  echo >&9
}

# Whether the command is so far ahead of the reader of its output that it must wait.
is_ahead() {
  # The file is empty while it is written.
  if read -r said < "$1.taken"; then taken=$said; fi
  [ $((at - taken)) -ge $most ]
}

# Says again and again how far the piece of an output is that begins at $at.
watch_piece() {
  last=0
  while sleep 0.1; do
    size=$(wc -c < "$1.$at") || size=0
    [ "$size" -gt "$last" ] || continue
    last=$size
    echo "$at $((at + size))" > "$1.growing"
    echo >&9
  done
}

# Prints the pieces of the input in their order. A piece that was sent again may overlap others.
feed() {
  at=0
  while :; do
    if [ -e eof ] && read -r last < eof && [ "$at" -ge "$last" ]; then return; fi
    found=
    for piece in piece.*.*; do
      [ -e "$piece" ] || continue
      range=${piece#piece.}
      if [ "${range%.*}" -le "$at" ]; then
        if [ "${range#*.}" -gt "$at" ]; then
          tail -c "+$((at - ${range%.*} + 1))" "$piece"
          at=${range#*.} found=1
          echo "$at" > in.taken
          echo >&9
        fi
        rm "$piece"
      fi
    done
    [ -n "$found" ] || read -r _ <&8
  done
}

# Runs the program with its outputs and its input, and notes when it ended without an exit code.
supervise() {
  pump out < pipe-out &
  pump err < pipe-err &
  feed > pipe-in &
  feeder=$!
  (cd "$home" && exec sh "$folder/program" "$folder") < pipe-in > pipe-out 2> pipe-err
  kill "$feeder"
  [ -e code ] || : > lost
  echo >&9
}

# Notes that the client has taken $2 bytes of an output. Removes the pieces up to there. Its index is on descriptor 4; $line is
# the line of the next piece, if it has been read.
drop() {
  echo "$2" > "$1.taken"
  # Both ways, so that it does not wait for a reader.
  [ ! -s "$1.held" ] || echo 1<> "wake-$1"
  taken=
  while [ -n "$line" ] || read -r line <&4; do
    [ "${line#* }" -le "$2" ] || break
    taken="$taken $1.${line% *}" line=
  done
  # shellcheck disable=SC2086
  [ -z "$taken" ] || rm -f $taken
}

# Carries out what the client sends.
take() {
  line_out='' line_err=''
  exec 5< out.index 6< err.index
  while read -r what at size; do
    case $what in
      in)
        dd bs="$size" count=1 iflag=fullblock of="new.$$" 2> /dev/null
        # The connection broke.
        [ "$(wc -c < "new.$$")" -eq "$size" ] || break
        mv "new.$$" "piece.$at.$((at + size))"
        echo >&8
        ;;
      eof)
        echo "$at" > eof
        echo >&8
        ;;
      out)
        line=$line_out
        drop out "$at" 4<&5
        line_out=$line
        ;;
      err)
        line=$line_err
        drop err "$at" 4<&6
        line_err=$line
        ;;
      bye)
        rm -rf "$folder"
        return
        ;;
    esac
  done
  # The client has gone.
  kill $$
}

# Sends an output from the offset $2 on: the rest of its pieces, whose index is on descriptor 4 and has been read up to $3, and
# what there is of the next. Sets `sent` and `indexed` to where it is then.
send() {
  sent=$2 indexed=$3
  while read -r from to <&4; do
    indexed=$to
    [ "$to" -gt "$sent" ] || continue
    echo "$1 $((to - sent))"
    if [ "$sent" -le "$from" ]; then cat "$1.$from"; else tail -c "+$((sent - from + 1))" "$1.$from"; fi
    sent=$to
  done
  if read -r from to < "$1.growing" && [ "$from" -eq "$indexed" ] && [ "$to" -gt "$sent" ]; then
    echo "$1 $((to - sent))"
    tail -c "+$((sent - from + 1))" "$1.$from" | head -c "$((to - sent))"
    sent=$to
  fi
}

# Tells the client what there is to tell, until there will be no more.
talk() {
  in=-1 told='' indexed_out=0 indexed_err=0
  exec 5< out.index 6< err.index
  while :; do
    idle=1 over=
    if [ -e out.end ] && [ -e err.end ]; then over=1; fi
    if [ -z "$told" ] && [ -e lost ]; then
      echo lost
      told=1
    elif [ -z "$told" ] && [ -e code ]; then
      read -r exit_code < code
      echo "exit $exit_code"
      told=1
    fi
    send out "$out" "$indexed_out" 4<&5
    [ "$sent" -eq "$out" ] || idle=
    out=$sent indexed_out=$indexed
    send err "$err" "$indexed_err" 4<&6
    [ "$sent" -eq "$err" ] || idle=
    err=$sent indexed_err=$indexed
    if read -r taken < in.taken && [ "$taken" -gt "$in" ]; then
      in=$taken
      echo "in $in"
    fi
    if [ -n "$idle" ]; then
      if [ -n "$over" ] && [ -n "$told" ]; then break; fi
      read -r _ <&9
    fi
  done
  echo end
}

if [ "$mode" = start ]; then mkdir -p "$folder"; fi
cd "$folder" || exit
if [ "$mode" = start ]; then
  read -r _ size
  dd bs="$size" count=1 iflag=fullblock of="program.$$" 2> /dev/null
  [ "$(wc -c < "program.$$")" -eq "$size" ] || exit
  # Of several connections that try to start the command, only one does.
  if mkdir started 2> /dev/null; then
    mv "program.$$" program
    mkfifo pipe-in pipe-out pipe-err wake wake-feeder wake-out wake-err
    echo 0 > in.taken
    for name in out err; do
      echo 0 > $name.taken
      for file in index growing held; do : > $name.$file; done
    done
    # Both ways, so that a writer never waits for a reader.
    exec 9<> wake 8<> wake-feeder
    (
      trap '' HUP
      supervise
    ) < /dev/null > /dev/null 2>&1 &
    : > ready
  fi
fi
until [ -e ready ]; do sleep 0.1; done
exec 9<> wake 8<> wake-feeder 3<&0
# What an earlier connection left would take what is told. Another process may have its number by now.
if read -r earlier < talker && tr '\0' '\n' < "/proc/$earlier/cmdline" | while read -r word; do
  [ "$word" != "$folder" ] || exit 9
done; [ $? = 9 ]; then
  kill -KILL "$earlier"
fi 2> /dev/null
echo $$ > talker
echo here
take <&3 &
talk
wait $!
