#!/bin/sh
# Changes to a directory and becomes the command. Arguments: the directory, the command. Providers report a missing directory or
# executable in different ways; this exits with 127 and prints a line on standard error.

# When memory runs out, the kernel ends these commands before any other process of the host.
{ echo 1000 > /proc/self/oom_score_adj; } 2> /dev/null
cd -- "$1" || exit 127
shift
# `cd` has set it, and the command's environment must not show it.
unset OLDPWD
exec "$@"
