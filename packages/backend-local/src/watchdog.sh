#!/bin/sh
# Waits for a goodbye from its owner. If its input ends without one, the owner was killed. The watchdog then kills the processes of
# the owner's sandboxes and removes their directories.
# Arguments: the marker in the environment of these processes, the owner's directory.

# Signals to the owner's group are not meant for it: it must outlive the owner.
trap '' HUP INT TERM
read -r _ && exit 0

# Looks again until a round finds none, because a process may start another while it is looked for. At most five seconds.
round=0
while [ $round -lt 100 ]; do
  found=
  for path in /proc/[0-9]*/environ; do
    case $(tr '\0' ' ' < "$path") in *"$1"*) found="$found $path" ;; esac
  done 2> /dev/null
  [ -n "$found" ] || break
  for path in $found; do pid=${path#/proc/}; kill -9 "${pid%/environ}" 2> /dev/null; done
  round=$((round + 1))
  sleep 0.05
done

# Sandboxes may leave directories that their owner may not read. The directory itself goes last: while it is there, `clean` finds
# what is left.
chmod -R u+rwx -- "$2" 2> /dev/null
rm -rf -- "$2/sandboxes"
rm -rf -- "$2" || { sleep 1; rm -rf -- "$2"; }
