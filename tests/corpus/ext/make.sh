#!/bin/sh
# File systems as mke2fs writes them, from one small tree.
# usage: make.sh FOLDER
set -eu
PATH=$PATH:/sbin:/usr/sbin
command -v mke2fs >/dev/null || exit 77
out=$1
tree=$out/tree
rm -rf "$tree" "$out"/*.img
umask 022
mkdir -p "$tree/etc/deep/er" "$tree/bin"
echo root:x:0:0 >"$tree/etc/passwd"
seq 1 30000 >"$tree/etc/deep/numbers"
printf tiny >"$tree/etc/deep/er/tiny"
chmod 4755 "$tree/etc/deep/er/tiny"
truncate -s 300000 "$tree/bin/sparse"
printf end >>"$tree/bin/sparse"
ln -s ../etc/passwd "$tree/bin/short"
ln -s "/$(printf 'y%.0s' $(seq 120))" "$tree/bin/long"
mkfifo "$tree/etc/fifo"

make() { # name, arguments of mke2fs
	name=$1
	shift
	mke2fs -q -F -d "$tree" "$@" "$out/$name.img" 4M >/dev/null 2>&1
}
make ext2 -t ext2 -b 1024
make ext3 -t ext3 -b 1024 -L label -J size=1
make ext4 -t ext4 -b 4096 -O ^has_journal,metadata_csum
make inline -t ext4 -b 1024 -O inline_data,^has_journal
make bigalloc -t ext4 -b 1024 -O bigalloc,64bit,^has_journal
head -c 1500000 "$out/ext2.img" >"$out/cut.img"
{ cat "$out/ext2.img"; echo more; } >"$out/trailing.img"
rm -rf "$tree"
