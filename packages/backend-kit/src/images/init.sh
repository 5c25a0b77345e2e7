#!/bin/sh
# The first process of a container. It only reaps. No signal from within a container can end its first process: the kernel drops
# even SIGKILL. Docker's own init cannot replace it: it is a file mounted from the host, and it ends with its child.
# `$0` is this program.

# An agent may end the child below while the container is at its process limit. A shell that cannot start a process exits. So
# this one replaces itself, which needs no new process, until a start succeeds.
trap 'exec /bin/sh -c "$0" "$0"' EXIT
while :; do
  # Reaps ended processes, which still count towards the limit.
  jobs > /dev/null
  # Waits for a child that stops itself, because an agent may remove programs such as `sleep`.
  { trap - EXIT; read -r pid _ < /proc/self/stat && kill -STOP "$pid"; } & wait $!
done
