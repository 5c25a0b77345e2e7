#!/bin/sh
# start-docker.sh [LOG]
# Starts a Docker daemon if none runs, and makes the images that the tests need, without an image registry. For Debian, as
# root. It can run again, and leaves alone what is up to date. The daemon keeps running. DEBIAN_MIRROR may name a mirror
# other than the one that this machine installs from, NODE_BINARY a Node.js for the images other than that of this clone.
set -eu

log=${1-/tmp/dockerd.log}
# The mirror this machine installs from.
mirror=${DEBIAN_MIRROR-$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep -v '^#' | grep -oE 'https?://[^ ]+/debian/?( |$)' | head -n 1)}
node=${NODE_BINARY-$(dirname "$0")/../node_modules/node/bin/node}

missing=
command -v dockerd >/dev/null || missing="$missing docker.io"
command -v mmdebstrap >/dev/null || missing="$missing mmdebstrap"
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing="$missing debian-archive-keyring"
command -v docker-registry >/dev/null || missing="$missing docker-registry"
[ -e /usr/share/doc/busybox-static ] || missing="$missing busybox-static"
if [ -n "$missing" ]; then
  apt-get update -qq
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >/dev/null
fi

# In memory where there is plenty of it: on a disk, creating files takes a fifth of the tests' processor time.
memory=/dev/shm
if [ -w $memory ] && [ "$(df --output=avail --block-size=G $memory | tail -n 1 | tr -d ' G')" -ge 12 ]; then
  data=$memory/cooperbench-docker
  export TMPDIR="${TMPDIR-$memory}"
fi

if ! docker version >/dev/null 2>&1; then
  # For every container, Docker starts short programs. These settings spare them garbage collection and idle threads.
  GOGC=1000 GOMAXPROCS=1 setsid dockerd ${data+--data-root "$data"} >"$log" 2>&1 </dev/null &
  echo "dockerd: pid $!, log $log"
  tries=0
  until docker version >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 60 ] || { tail -20 "$log" >&2; exit 1; }
    sleep 0.5
  done
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# debian NAME RELEASE [PACKAGES]: makes the image cooperbench-test/NAME of a release of Debian with git, Python and pip, for agents in
# Python, and these packages.
debian() {
  # An image that an older script made, or that has another Node.js, is made again.
  made="$2 ${3-} node $("$node" --version)"
  if [ "$(docker image inspect --format '{{.Config.Labels.made}}' "cooperbench-test/$1:latest" 2>/dev/null)" = "$made" ]; then return; fi
  echo "making cooperbench-test/$1:latest"
  mmdebstrap --variant=minbase --include="git,ca-certificates,python3,python3-pip${3+,$3}" "$2" "$work/$1" "${mirror:-http://deb.debian.org/debian}" >"$work/log" 2>&1 ||
    { tail -20 "$work/log" >&2; exit 1; }
  rm -rf "$work/$1/usr/share/doc"
  # The sample tasks need it.
  cp "$(readlink -f "$node")" "$work/$1/usr/local/bin/node"
  tar -C "$work/$1" -c . | docker import --change "LABEL made=\"$made\"" - "cooperbench-test/$1:latest" >/dev/null
}

# The BASE of the sample tasks' Dockerfiles, with the smallest compiler, for a task that compiles.
debian base trixie tcc,make,libc6-dev
# Python 3.11, for Aider.
[ "${COOPERBENCH_E2E_CLI-}" != 1 ] || debian python311 bookworm

# As little as may be assumed: busybox in place of coreutils, and git.
if ! docker image inspect cooperbench-test/busybox:latest >/dev/null 2>&1; then
  echo "making cooperbench-test/busybox:latest"
  root=$work/busybox
  mkdir -p "$root/bin" "$root/usr/bin" "$root/usr/lib" "$root/etc" "$root/root" "$root/tmp"
  chmod 1777 "$root/tmp"
  cp "$(command -v busybox)" "$root/bin/busybox"
  for applet in $(busybox --list); do [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"; done
  cp "$(command -v git)" "$root/usr/bin/git"
  cp -R "$(git --exec-path)" "$root/usr/lib/git-core"
  for library in $(ldd "$(command -v git)" | grep -o '/[^ ]*'); do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
  done
  echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
  echo 'root:x:0:' >"$root/etc/group"
  tar -C "$root" -c . | docker import - cooperbench-test/busybox:latest >/dev/null
fi
