#!/bin/sh
# usage: make.sh OUTDIR		(77: zip is missing)
command -v zip >/dev/null || exit 77
set -e
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "$1" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
"$here/../members.sh" "$tree"
cd "$tree"
rm -f "$out"/*.img
zip -q -X -y -r "$out/deflated.img" .
zip -q -0 -X -y -r "$out/stored.img" .
zip -q -X -P secret "$out/encrypted.img" etc/passwd
zip -q -X - big etc/passwd | cat >"$out/streamed.img"
# The archive's end is its own; what follows is not.
cp "$out/stored.img" "$out/followed.img"
printf 'stale flash data' >>"$out/followed.img"
zip -q -0 -X "$out/cut.img" etc/passwd big
head -c 3000 "$out/cut.img" >"$out/cut.part"
mv "$out/cut.part" "$out/cut.img"
