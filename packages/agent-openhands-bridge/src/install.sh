#!/bin/sh
# Puts the OpenHands agent-server on PATH. It needs agent-kit's download.sh. $version is the server's, and $registry the package
# index or nothing.
#
# An image of the original with the suffix `-oh` has a server, which is used if it has this version. Otherwise uv installs the
# server, with its own Python if the image has no Python 3.13.
# shellcheck disable=SC2154

set -e
uv=0.13.9
home=/opt/openhands
server=
for venv in /opt/agent-server-venv /agent-server/.venv; do
  if [ -x "$venv/bin/agent-server" ] && [ "$version" = "$("$venv/bin/python" -c \
    'from importlib.metadata import version; print(version("openhands-agent-server"))')" ]; then
    server=$venv/bin/agent-server
  fi
done

# Puts uv on PATH: it may be there, or comes from the package index, or from its release.
get_uv() {
  if has uv; then return; fi
  if has python3 && PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --no-cache-dir --target uv "uv==$uv"; then
    PATH=$home/uv/bin:$PATH
    return
  fi
  download "https://github.com/astral-sh/uv/releases/download/$uv/uv-$(uname -m)-unknown-linux-musl.tar.gz" uv.tgz
  mkdir -p uv/bin
  tar -xzf uv.tgz --strip-components 1 -C uv/bin
  PATH=$home/uv/bin:$PATH
}

if [ -z "$server" ]; then
  # uv does not read pip's settings.
  if [ -z "$registry" ]; then registry=$PIP_INDEX_URL; fi
  if [ -z "$registry" ]; then registry=$(python3 -m pip config get global.index-url 2> /dev/null || true); fi
  if [ -n "$registry" ]; then export PIP_INDEX_URL="$registry" UV_DEFAULT_INDEX="$registry"; fi
  export UV_NO_CACHE=1 UV_PYTHON_INSTALL_DIR="$home/python"
  mkdir -p "$home"
  cd "$home"
  get_uv
  uv venv --quiet --python 3.13 venv
  uv pip install --quiet --python venv/bin/python \
    "openhands-agent-server==$version" "openhands-sdk==$version" "openhands-tools==$version"
  # Compiles what the server imports, so that it starts twice as fast. On a busy machine, threads of LiteLLM can deadlock in it.
  venv/bin/python -c 'import openhands.agent_server.api' > /dev/null 2>&1 || :
  rm -rf uv uv.tgz
  server=$home/venv/bin/agent-server
fi
mkdir -p /usr/local/bin
ln -sf "$server" /usr/local/bin/agent-server
