#!/bin/sh
# File systems as mkfs.jffs2 writes them, from one small tree.
# usage: make.sh FOLDER
set -eu
PATH=$PATH:/sbin:/usr/sbin
command -v mkfs.jffs2 >/dev/null || exit 77
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

make() { # name, arguments of mkfs.jffs2
	name=$1
	shift
	mkfs.jffs2 -r "$tree" -U -D "$out/devices" -o "$out/$name.img" "$@"
}
make little -l -e 64KiB
make big -b -e 64KiB
make nand -l -n -e 128KiB -p
make rtime -l -x zlib -x lzo -e 64KiB
make stored -b -m none -e 64KiB
make lzo -l -x zlib -x rtime -X lzo -e 64KiB
head -c 50000 "$out/little.img" >"$out/cut.img"
{ cat "$out/little.img"; head -c 300000 /dev/zero; cat "$out/big.img"; } \
	>"$out/trailing.img"
rm -rf "$tree" "$out/devices"
