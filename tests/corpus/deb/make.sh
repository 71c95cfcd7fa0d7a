#!/bin/sh
# usage: make.sh OUTDIR		(77: ar tar gzip is missing)
command -v ar >/dev/null || exit 77
command -v tar >/dev/null || exit 77
command -v gzip >/dev/null || exit 77
set -e
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "$1" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
"$here/../members.sh" "$tree"
cd "$tree"
rm -f "$out"/*.img
printf '2.0\n' >debian-binary
printf 'Package: hello\nVersion: 1.2-3\nArchitecture: mips\n' >control
tar --format=ustar --mtime=@0 --owner=0 --group=0 --numeric-owner \
	-cf control.tar ./control
tar --format=ustar --owner=0 --group=0 --numeric-owner --sort=name \
	-cf data.tar ./bin ./etc
ar rcD "$out/plain.img" debian-binary control.tar data.tar
