#!/bin/sh
# Runs Aider, which the arguments are.

# What Aider writes for itself is kept out of the work.
exclude=$(git rev-parse --git-path info/exclude)
mkdir -p "$(dirname "$exclude")"
echo '.aider*' >> "$exclude"
# Aider asks before it runs a command, and takes its flag --yes-always for a no.
yes | "$@"
