#!/bin/sh
# usage: make.sh OUTDIR		(77: tar is missing)
command -v tar >/dev/null || exit 77
set -e
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "$1" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
"$here/../members.sh" "$tree"
cd "$tree"
ln etc/passwd etc/passwd-
for format in ustar pax gnu; do
	tar --format=$format --sort=name --owner=0 --group=0 --numeric-owner \
		-cf "$out/$format.img" .
done
truncate -s 100000 holes
printf end >>holes
tar --format=gnu -cSf "$out/sparse.img" holes
cp "$out/ustar.img" "$out/followed.img"
printf 'stale flash data' >>"$out/followed.img"
head -c 3000 "$out/ustar.img" >"$out/cut.img"
