#!/bin/sh
# Unpacks the source of SWE-agent in the working directory. It needs agent-kit's download.sh. $source is its archive: an
# address, a path, or nothing for the release of $version.
# shellcheck disable=SC2154

mkdir -p source/trajectories
case $source in
  '') download "https://github.com/SWE-agent/SWE-agent/archive/refs/tags/v$version.tar.gz" source.tar.gz ;;
  /*) cp "$source" source.tar.gz ;;
  *) download "$source" source.tar.gz ;;
esac
tar -xzf source.tar.gz -C source --strip-components=1
rm source.tar.gz

# Makes the tools use SWE-agent's Python, which has what they need. Otherwise they install it with the Python of the task.
for tool in source/tools/*/bin/*; do
  sed -i '1s|^#!.*python.*|#!/opt/swe-agent/venv/bin/python|' "$tool"
done
for script in source/tools/*/install.sh; do
  if grep -q 'pip install' "$script"; then sed -i 's/^ *pip install .*/:/' "$script"; fi
done
