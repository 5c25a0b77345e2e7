#!/bin/sh
# Puts the binary of Codex on PATH. It needs agent-kit's npm.sh. $version is the package's.
# shellcheck disable=SC2154

set -e
arch=$(arch)
mkdir -p /opt/codex /usr/local/bin
cd /opt/codex
unpack @openai/codex "$version-linux-$arch"
# The binary is static and finds what is beside it. Nobody speaks to it.
rm -rf package/vendor/*/codex-resources/voice
ln -sf /opt/codex/package/vendor/*/bin/codex /usr/local/bin/codex
