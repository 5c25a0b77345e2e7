#!/bin/sh
# Prints the beginning of a file of the work tree. Fails for a link, and for a path that leads through one.
# Arguments: the path, the maximum bytes.

path=$1 max=$2 part=.
for name in $(printf '%s' "$path" | tr '/' ' '); do
  part=$part/$name
  [ ! -L "$part" ] || exit 1
done
[ -f "$path" ] && head -c "$max" < "$path"
