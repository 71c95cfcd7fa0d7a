#!/bin/sh
# Levels, a stored name, sums of every kind, a foreign tail, damage.
# usage: make.sh FOLDER
set -eu
command -v lzop >/dev/null || exit 77
cd "$1"
rm -f ./*.img
seq 1 90000 >numbers.txt
chmod 640 numbers.txt
TZ=UTC touch -d 2020-01-02 numbers.txt
lzop -q -c numbers.txt >basic.img
lzop -q -c -9 numbers.txt >level9.img
lzop -q -c -1 --crc32 numbers.txt >crc32.img
lzop -q -c -F numbers.txt >no_sums.img
{ cat basic.img; echo "stale flash data"; } >trailing.img
head -c 100000 basic.img >cut.img
head -c 30 basic.img >cut_header.img
{ head -c 9000 basic.img; printf 'WRONG'; tail -c +9006 basic.img; } >wrong_data.img
{ head -c 40 basic.img; printf 'W'; tail -c +42 basic.img; } >wrong_name.img
rm numbers.txt
