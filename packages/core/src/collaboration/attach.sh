#!/bin/sh
# Connects the host to the call in the folder `$1`: standard input goes to the caller, and the caller's input comes out. When
# that input ends, prints its number of bytes on standard error. (Not every dd prints one.)

mkfifo "$1/count" || exit
# The caller's input goes to standard output, and through `count` to a program that counts it.
tee "$1/count" < "$1/up" &
wc -c < "$1/count" >&2 &
# Not `cat`: see client.sh.
dd bs=65536 2> /dev/null > "$1/down"
wait
