#!/bin/sh
# start-podman.sh [LOG]
# Serves Podman's API at its usual socket, and gives Podman the image of the tests that Docker has. Run it after start-docker.sh,
# for Debian, as root. It leaves alone what exists, so it can run again. The service keeps running.
set -eu
# The service must outlive the folder that it was started from.
cd /

log=${1-/tmp/podman.log}
socket=/run/podman/podman.sock
api() { curl -fsS --unix-socket "$socket" "$@"; }

missing=
command -v podman >/dev/null || missing="$missing podman"
command -v curl >/dev/null || missing="$missing curl"
if [ -n "$missing" ]; then
  apt-get update -qq
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

if ! api http://podman/_ping >/dev/null 2>&1; then
  mkdir -p "${socket%/*}"
  settings=$(mktemp)
  # By default, Podman asks for more than a container or a virtual machine may have.
  printf '[containers]\ndefault_ulimits = ["nofile=4096:4096", "nproc=8192:8192"]\n' >"$settings"
  memory=/dev/shm
  if [ -w $memory ]; then root=$memory/cooperbench-podman; fi
  CONTAINERS_CONF=$settings setsid podman ${root+--root "$root" --runroot "$root-run"} system service --time=0 "unix://$socket" >"$log" 2>&1 </dev/null &
  echo "podman: pid $!, log $log"
  tries=0
  until api http://podman/_ping >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 60 ] || { tail -20 "$log" >&2; exit 1; }
    sleep 0.5
  done
fi

image=cooperbench-test/busybox:latest
api "http://podman/v1.41/images/$image/json" >/dev/null 2>&1 ||
  docker save "$image" | api -X POST -H 'content-type: application/x-tar' --data-binary @- http://podman/v1.41/images/load >/dev/null
