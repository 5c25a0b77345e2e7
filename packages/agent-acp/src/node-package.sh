#!/bin/sh
# Installs an npm package that needs no other package, and puts its script on PATH. It needs agent-kit's npm.sh.
#
# Lines before it set:
# name, version: of the package
# file: the script in the package
# command: the script's name on PATH
# major: the oldest Node.js that the package takes
# node_version: the Node.js that an image without such a one gets
# shellcheck disable=SC2154

set -e
mkdir -p "/opt/acp/$command" /usr/local/bin
node=$(command -v node || :)
if [ -z "$node" ] || [ "$("$node" -p 'process.versions.node.split(".")[0]')" -lt "$major" ]; then
  # Beside the image's own, which the tests of the task use.
  node=/opt/acp/node
  cd /opt/acp
  unpack "node-linux-$(arch)" "$node_version"
  mv package/bin/node node
  rm -rf package
fi
cd "/opt/acp/$command"
unpack "$name" "$version"
printf '#!/bin/sh\nexec %s /opt/acp/%s/package/%s "$@"\n' "$node" "$command" "$file" > "/usr/local/bin/$command"
chmod 755 "/usr/local/bin/$command"
