import { downloadScript } from './download.ts';

/** The Python of a framework and the packages that it needs. */
export interface PythonInstall {
  /** Its directory, such as `/opt/mini-swe-agent`. */
  readonly directory: string;
  /** The Pythons that fit: `>=3.11,<3.15`. */
  readonly python: string;
  /** Shell words for `uv pip install`: `mini-swe-agent==2.4.6`, or `-e DIRECTORY`. */
  readonly packages: string;
  /** `NAME==VERSION` of what it needs. Of every other package, uv takes the newest version that fits. */
  readonly pins: string;
  /** POSIX sh that runs first, in the directory. `download URL FILE` downloads. */
  readonly before?: string;
}

const uvVersion = '0.13.9';

/**
 * POSIX sh that makes a virtual environment with uv. uv takes the Python of the image if it fits, and otherwise downloads one
 * of python-build-standalone. `$registry` is the package index, or empty.
 */
export function installPython({ directory, python, packages, pins, before = '' }: PythonInstall): string {
  return String.raw`
directory='${directory}'
index=${'$'}{registry:-${'$'}{UV_DEFAULT_INDEX:-${'$'}{PIP_INDEX_URL:-https://pypi.org/simple}}}
mkdir -p "$directory" /usr/local/bin
cd "$directory"
${downloadScript}
arch=$(uname -m)
case $arch in
  x86_64 | aarch64) ;;
  amd64) arch=x86_64 ;;
  arm64) arch=aarch64 ;;
  *) echo "There is no uv for $arch." >&2; exit 1 ;;
esac
if has python3; then
  # From the package index, which may be the only server within reach.
  python3 - "$index" "$arch" <<'PYTHON'
import io, re, sys, urllib.parse, urllib.request, zipfile
index, arch = sys.argv[1].rstrip("/") + "/uv/", sys.argv[2]
page = urllib.request.urlopen(index).read().decode()
wheel = re.search(r'href="([^"]*/uv-${uvVersion.replaceAll('.', '\\.')}-py3-none-[a-z0-9_.]*musllinux_[0-9_]+_%s\.whl)' % arch, page)
if wheel is None:
    sys.exit("%s has no uv ${uvVersion} for %s." % (index, arch))
data = urllib.request.urlopen(urllib.parse.urljoin(index, wheel.group(1))).read()
with zipfile.ZipFile(io.BytesIO(data)) as files, open("uv", "wb") as uv:
    uv.write(files.read("uv-${uvVersion}.data/scripts/uv"))
PYTHON
else
  download "https://github.com/astral-sh/uv/releases/download/${uvVersion}/uv-$arch-unknown-linux-musl.tar.gz" uv.tar.gz
  tar -xzf uv.tar.gz
  mv "uv-$arch-unknown-linux-musl/uv" uv
  rm -r uv.tar.gz "uv-$arch-unknown-linux-musl"
fi
chmod 755 uv
export UV_NO_CONFIG=1 UV_NO_CACHE=1 UV_PYTHON_INSTALL_DIR="$directory/python" UV_DEFAULT_INDEX="$index"
${before}
./uv venv -q --clear --python '${python}' venv || {
  echo "This needs Python ${python}. The image has $(python3 --version 2>/dev/null || echo none), and uv could not download one from GitHub. Use an image with such a Python, or the option command." >&2
  exit 1
}
# Only the benchmarks of the frameworks need it, and it is as large as everything else.
echo 'datasets; python_version < "0"' >without
echo '${pins.trim().replaceAll(/\s+/g, '\n')}' >pins
./uv pip install -q --python venv/bin/python --compile-bytecode --override without --constraint pins ${packages}
rm uv without pins
`;
}
