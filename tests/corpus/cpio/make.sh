#!/bin/sh
# usage: make.sh OUTDIR		(77: cpio is missing)
command -v cpio >/dev/null || exit 77
set -e
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "$1" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
"$here/../members.sh" "$tree"
cd "$tree"
ln etc/passwd etc/passwd-
for format in newc crc odc; do
	find . | LC_ALL=C sort |
		cpio --quiet -o -R 0:0 -H $format >"$out/$format.img"
done
cp "$out/newc.img" "$out/followed.img"
printf 'stale flash data' >>"$out/followed.img"
head -c 1000 "$out/newc.img" >"$out/cut.img"
