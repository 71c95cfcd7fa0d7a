#!/bin/sh
# File systems as mkfs.ubifs writes them, from one small tree.
# usage: make.sh FOLDER
set -eu
PATH=$PATH:/sbin:/usr/sbin
command -v mkfs.ubifs >/dev/null || exit 77
out=$1
tree=$out/tree
rm -rf "$tree" "$out"/*.img
umask 022
mkdir -p "$tree/etc/deep/er" "$tree/bin"
echo root:x:0:0 >"$tree/etc/passwd"
seq 1 30000 >"$tree/etc/deep/numbers"
printf tiny >"$tree/etc/deep/er/tiny"
chmod 4755 "$tree/etc/deep/er/tiny"
ln -s ../etc/passwd "$tree/bin/link"
mkfifo "$tree/etc/fifo"
printf '/dev d 755 0 0 - - - - -\n/dev/tty c 620 0 5 4 64 0 0 -\n' >"$out/devices"

make() { # name, arguments of mkfs.ubifs
	name=$1
	shift
	mkfs.ubifs -r "$tree" -U -m 2048 -e 126976 -c 100 -D "$out/devices" -o "$out/$name.img" "$@"
}
make zlib -x zlib
make lzo -x lzo
make zstd -x zstd
make none -x none
head -c 600000 "$out/none.img" >"$out/cut.img"
rm -rf "$tree" "$out/devices"
