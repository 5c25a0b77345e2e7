#!/bin/sh
# Puts the binary of Claude Code on PATH. It needs agent-kit's npm.sh. $version is the package's.
# shellcheck disable=SC2154

set -e
arch=$(arch)
# There is a build for each C library. An image with musl has none of glibc's loaders.
libc=-musl
for loader in /lib/ld-linux-* /lib64/ld-linux-*; do
  if [ -e "$loader" ]; then libc=; fi
done
mkdir -p /opt/claude-code /usr/local/bin
cd /opt/claude-code
unpack "@anthropic-ai/claude-code-linux-$arch$libc" "$version"
chmod 755 package/claude
ln -sf /opt/claude-code/package/claude /usr/local/bin/claude
