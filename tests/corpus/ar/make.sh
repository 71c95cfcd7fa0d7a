#!/bin/sh
# usage: make.sh OUTDIR		(77: ar is missing)
command -v ar >/dev/null || exit 77
set -e
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "$1" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
"$here/../members.sh" "$tree"
cd "$tree"
rm -f "$out"/*.img
printf odd >a_name_longer_than_sixteen_bytes
ar rcD "$out/svr4.img" bin/start etc/passwd a_name_longer_than_sixteen_bytes big
cp "$out/svr4.img" "$out/followed.img"
printf 'stale flash data' >>"$out/followed.img"
head -c 300 "$out/svr4.img" >"$out/cut.img"
