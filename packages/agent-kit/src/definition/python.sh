#!/bin/sh
# Makes a virtual environment with uv. uv takes the Python of the image if it fits, and otherwise downloads one of
# python-build-standalone. It needs download.sh. The arguments are the packages for `uv pip install`.
#
# Lines before it set:
# directory: the directory that it makes
# python: the Pythons that fit
# pins: NAME==VERSION of some packages, one a line
# uv_version
# prepare: a function that runs first, in the directory
# registry: the package index, or nothing
# shellcheck disable=SC2154

index=${registry:-${UV_DEFAULT_INDEX:-${PIP_INDEX_URL:-https://pypi.org/simple}}}
mkdir -p "$directory" /usr/local/bin
cd "$directory" || exit
arch=$(uname -m)
case $arch in
  x86_64 | aarch64) ;;
  amd64) arch=x86_64 ;;
  arm64) arch=aarch64 ;;
  *) echo "There is no uv for $arch." >&2; exit 1 ;;
esac

if has python3; then
  # From the package index, which may be the only server within reach.
  python3 - "$index" "$arch" "$uv_version" <<'PYTHON'
import io, re, sys, urllib.parse, urllib.request, zipfile
index, arch, version = sys.argv[1].rstrip("/") + "/uv/", *sys.argv[2:]
page = urllib.request.urlopen(index).read().decode()
wheel = re.search(r'href="([^"]*/uv-%s-py3-none-[a-z0-9_.]*musllinux_[0-9_]+_%s\.whl)' % (re.escape(version), arch), page)
if wheel is None:
    sys.exit("%s has no uv %s for %s." % (index, version, arch))
data = urllib.request.urlopen(urllib.parse.urljoin(index, wheel.group(1))).read()
with zipfile.ZipFile(io.BytesIO(data)) as files, open("uv", "wb") as uv:
    uv.write(files.read("uv-%s.data/scripts/uv" % version))
PYTHON
else
  download "https://github.com/astral-sh/uv/releases/download/$uv_version/uv-$arch-unknown-linux-musl.tar.gz" uv.tar.gz
  tar -xzf uv.tar.gz
  mv "uv-$arch-unknown-linux-musl/uv" uv
  rm -r uv.tar.gz "uv-$arch-unknown-linux-musl"
fi
chmod 755 uv

# The image's own configuration must not matter, and a cache would only make the image larger.
export UV_NO_CONFIG=1 UV_NO_CACHE=1 UV_PYTHON_INSTALL_DIR="$directory/python" UV_DEFAULT_INDEX="$index"
prepare
./uv venv -q --clear --python "$python" venv || {
  echo "This needs Python $python. The image has $(python3 --version 2> /dev/null || echo none), and uv could not download one from GitHub. Use an image with such a Python, or the option command." >&2
  exit 1
}
# Only the benchmarks of the frameworks need it, and it is as large as everything else.
echo 'datasets; python_version < "0"' > without
printf '%s\n' "$pins" > pins
./uv pip install -q --python venv/bin/python --compile-bytecode --override without --constraint pins "$@"
rm uv without pins
