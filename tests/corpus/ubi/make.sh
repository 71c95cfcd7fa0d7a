#!/bin/sh
# Volumes as ubinize writes them; then cut, with a foreign tail, a hole.
# usage: make.sh FOLDER
set -eu
PATH=$PATH:/sbin:/usr/sbin
command -v ubinize >/dev/null || exit 77
cd "$1"
rm -f ./*.img
seq 1 40000 >one
seq 1 500 >two
cat >cfg <<END
[one]
mode=ubi
image=one
vol_id=0
vol_type=dynamic
vol_name=rootfs
vol_size=2MiB
[two]
mode=ubi
image=two
vol_id=3
vol_type=static
vol_name=kernel
vol_size=1MiB
END
ubinize -Q 7 -o nand.img -m 2048 -p 128KiB cfg
ubinize -Q 8 -o nor.img -m 1 -p 64KiB cfg
head -c 400000 nand.img >cut.img
{ cat nor.img; head -c 600000 /dev/zero; } >trailing.img
{
	head -c 131072 nand.img
	head -c 131072 /dev/zero
	tail -c +262145 nand.img
} >hole.img
rm -f one two cfg
