import { downloadScript } from './download.ts';

/**
 * POSIX sh for a layer: the function `unpack NAME VERSION` writes an npm package into the working directory, without its
 * dependencies. It uses npm, or else downloads the package. `$registry` may be empty.
 */
export const unpackFromNpm: string = `${downloadScript}
unpack() {
  if has npm; then
    set -- "$1@$2"
    if [ -n "$registry" ]; then set -- --registry "$registry" "$@"; fi
    npm pack --silent "$@" >/dev/null
  else
    download "$(printf %s "$registry" | grep . || echo https://registry.npmjs.org)/$1/-/$(basename "$1")-$2.tgz" package.tgz
  fi
  tar -xzf ./*.tgz
  rm ./*.tgz
}
arch() {
  case $(uname -m) in
    x86_64 | amd64) echo x64 ;;
    aarch64 | arm64) echo arm64 ;;
    *) echo "There is no build for $(uname -m)." >&2; exit 1 ;;
  esac
}
`;
