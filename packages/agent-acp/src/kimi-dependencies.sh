#!/bin/sh
# What Kimi Code imports, after node-package.sh and in its folder.

set -e
# Its dependency qrcode is for logins, so an empty module stands for it.
mkdir -p package/node_modules/qrcode dependency
: > package/node_modules/qrcode/index.js
cd dependency
unpack ws 8.18.3
mv package ../package/node_modules/ws
