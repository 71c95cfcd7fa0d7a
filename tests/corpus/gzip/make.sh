#!/bin/sh
# With a name and a time, several members, a foreign tail, damage.
# usage: make.sh FOLDER
set -eu
command -v gzip >/dev/null || exit 77
cd "$1"
rm -f ./*.img
seq 1 4000 >numbers.txt
TZ=UTC touch -d 2020-01-02 numbers.txt
gzip -N -c numbers.txt >basic.img
{ cat basic.img; seq 4001 5000 | gzip -n; } >several.img
{ cat basic.img; echo "stale flash data"; } >trailing.img
head -c 3000 basic.img >cut.img
head -c 15 basic.img >cut_header.img
# flags: header CRC, extra field, name that climbs, comment
{
	printf '\037\213\010\036\0\0\0\0\0\003\004\0abcd../..\0by hand\0\0\0'
	seq 1 4000 | gzip -n | tail -c +11
} >wrong_header_crc.img
{
	printf '\037\213\010\034\0\0\0\0\0\003\004\0abcd../..\0by hand\0'
	seq 1 4000 | gzip -n | tail -c +11
} >comment.img
{ printf '\037\213\010\200'; tail -c +5 basic.img; } >wrong_flags.img
{ head -c -8 basic.img; printf '\0\0\0\0'; tail -c 4 basic.img; } >wrong_crc.img
{ head -c -4 basic.img; printf '\0\0\0\0'; } >wrong_size.img
: | gzip -n >empty.img
rm numbers.txt
