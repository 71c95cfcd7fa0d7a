#!/bin/sh
# usage: make.sh OUTDIR		(77: 7z is missing)
command -v 7z >/dev/null || exit 77
set -e
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "$1" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
"$here/../members.sh" "$tree"
cd "$tree"
rm -f "$out"/*.img
7z a -bd -t7z "$out/solid.img" . >/dev/null
7z a -bd -t7z -mx=0 "$out/stored.img" . >/dev/null
7z a -bd -t7z -psecret "$out/encrypted.img" etc/passwd >/dev/null
7z a -bd -t7z -psecret -mhe=on "$out/hidden.img" etc/passwd >/dev/null
cp "$out/stored.img" "$out/followed.img"
printf 'stale flash data' >>"$out/followed.img"
head -c 3000 "$out/stored.img" >"$out/cut.img"
