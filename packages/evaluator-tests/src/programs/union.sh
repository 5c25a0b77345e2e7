#!/bin/sh
# The merge policy union: repeats a merge that conflicts with the driver that keeps the lines of both sides. Runs in the scratch
# repository, whose attributes merge.sh resets before each merge. Argument: the branch.
echo '* merge=union' >> .git/info/attributes
exec git merge -q --no-edit -m merge "$1"
