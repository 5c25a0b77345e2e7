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
#   out AT, err AT    the client's reader has taken that much, which is the end of a piece
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
most=2097152

# Makes each piece of an output, which is standard input, a file with the name of its beginning, and a line of the index. Then
# holds the command back until its reader has taken enough.
pump() {
  at=0
  while dd bs=65536 count=1 of="$1.$at" 2> /dev/null || : > lost; do
    size=$(wc -c < "$1.$at") || size=0
    [ "$size" -gt 0 ] || break
    echo "$at $((at + size))" >> "$1.index"
    at=$((at + size))
    echo >&9
    while read -r taken < "$1.taken" && [ $((at - taken)) -gt $most ]; do sleep 0.1; done
  done
  : > "$1.end"
  echo >&9
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

# Removes the pieces of an output, whose index is on descriptor 4, up to one that ends at $2.
drop() {
  taken=
  while read -r from to <&4; do
    taken="$taken $1.$from"
    [ "$to" -lt "$2" ] || break
  done
  # shellcheck disable=SC2086
  rm -f $taken
}

# Carries out what the client sends.
take() {
  dropped_out=0 dropped_err=0
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
        echo "$at" > out.taken
        if [ "$at" -gt "$dropped_out" ]; then drop out "$at" 4<&5; fi
        dropped_out=$at
        ;;
      err)
        echo "$at" > err.taken
        if [ "$at" -gt "$dropped_err" ]; then drop err "$at" 4<&6; fi
        dropped_err=$at
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

# Tells the client what there is to tell, until there will be no more.
talk() {
  in=-1 told=
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
    while read -r from to <&5; do
      [ "$from" -ge "$out" ] || continue
      echo "out $((to - from))"
      cat "out.$from"
      idle=
    done
    while read -r from to <&6; do
      [ "$from" -ge "$err" ] || continue
      echo "err $((to - from))"
      cat "err.$from"
      idle=
    done
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
    mkfifo pipe-in pipe-out pipe-err wake wake-feeder
    for name in in out err; do echo 0 > $name.taken; done
    : > out.index
    : > err.index
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
