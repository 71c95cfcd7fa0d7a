#!/bin/sh
# usage: make.sh OUTDIR		(77: genisoimage is missing)
command -v genisoimage >/dev/null || exit 77
set -e
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "$1" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
"$here/../members.sh" "$tree"
cd "$tree"
ln etc/passwd etc/passwd-
genisoimage -quiet -R -J -o "$out/rockridge.img" .
genisoimage -quiet -J -o "$out/joliet.img" .
genisoimage -quiet -o "$out/plain.img" . 2>/dev/null
cp "$out/rockridge.img" "$out/followed.img"
printf 'stale flash data' >>"$out/followed.img"
