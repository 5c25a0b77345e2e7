#!/bin/sh
# Functions for layers.

# has COMMAND: whether the image has a command.
has() { command -v "$1" > /dev/null 2>&1; }

# download URL FILE: uses the first program in the image that can download. Gives up a server that sends nothing.
download() {
  if has curl; then curl -fsSL --retry 3 --connect-timeout 60 --speed-limit 1 --speed-time 60 -o "$2" "$1"
  elif has python3; then python3 -c 'import shutil, sys, urllib.request as r
with r.urlopen(sys.argv[1], timeout=60) as answer, open(sys.argv[2], "wb") as file: shutil.copyfileobj(answer, file)' "$1" "$2"
  elif has node; then node -e 'const [url, file] = process.argv.slice(1);
    fetch(url, { signal: AbortSignal.timeout(600_000) }).then(async (answer) => {
      if (!answer.ok) throw new Error(url + " answered " + answer.status);
      require("fs").writeFileSync(file, Buffer.from(await answer.arrayBuffer()));
    })' "$1" "$2"
  elif has wget; then timeout 600 wget -q -O "$2" "$1"
  elif has perl; then perl -MHTTP::Tiny -e '$a = HTTP::Tiny->new->mirror(@ARGV); die "$a->{status} $a->{reason} $a->{content}\n" unless $a->{success}' "$1" "$2"
  else echo "The image needs curl, python3, node, wget or perl to download $1." >&2; exit 1
  fi
}
