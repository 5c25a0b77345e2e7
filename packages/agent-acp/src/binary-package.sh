#!/bin/sh
# Puts the binary of an npm package on PATH. It needs agent-kit's npm.sh.
#
# Lines before it set:
# name, version: of the package, without its processor
# file: the binary in the package
# command: the binary's name on PATH
# shellcheck disable=SC2154

set -e
mkdir -p "/opt/acp/$command" /usr/local/bin
cd "/opt/acp/$command"
unpack "$name-$(arch)" "$version"
chmod 755 "package/$file"
ln -sf "/opt/acp/$command/package/$file" "/usr/local/bin/$command"
