#!/bin/sh
# Functions for layers that install npm packages. They need download.sh. $registry may be empty.
# shellcheck disable=SC2154

# unpack NAME VERSION: writes an npm package into the working directory, without its dependencies.
unpack() {
  if has npm; then
    set -- "$1@$2"
    # Without it, npm's setting in the image decides.
    if [ -n "$registry" ]; then set -- --registry "$registry" "$@"; fi
    npm pack --silent "$@" > /dev/null
  else
    download "${registry:-https://registry.npmjs.org}/$1/-/$(basename "$1")-$2.tgz" package.tgz
  fi
  tar -xzf ./*.tgz
  rm ./*.tgz
}

# Prints Node's word for the processor.
arch() {
  case $(uname -m) in
    x86_64 | amd64) echo x64 ;;
    aarch64 | arm64) echo arm64 ;;
    *) echo "There is no build for $(uname -m)." >&2; exit 1 ;;
  esac
}
