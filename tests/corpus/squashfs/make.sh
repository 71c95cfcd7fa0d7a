#!/bin/sh
# usage: make.sh OUTDIR		(77: mksquashfs is missing)
command -v mksquashfs >/dev/null || exit 77
set -e
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
"$(dirname "$0")/../tree.sh" "$tree"
chmod 755 "$tree"
for comp in gzip lzma lzo xz lz4 zstd; do
	mksquashfs "$tree" "$1/$comp.img" -noappend -no-progress -quiet \
		-comp $comp -processors 1 -all-root -mkfs-time 0 -all-time 0 -no-xattrs \
		-p '/dev d 755 0 0' -p '/dev/console c 600 0 0 5 1' >/dev/null
done
mksquashfs "$tree" "$1/plain.img" -noappend -no-progress -quiet -noI -noD -noF \
	-no-fragments -processors 1 -all-root -mkfs-time 0 -all-time 0 -no-xattrs >/dev/null
