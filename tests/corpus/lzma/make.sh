#!/bin/sh
# Length unknown and known, properties of vendors, a foreign tail, damage.
# usage: make.sh FOLDER
set -eu
command -v xz >/dev/null || exit 77
cd "$1"
rm -f ./*.img
pack() { seq 1 4000 | xz --format=lzma -c "$@"; }
pack >basic.img
pack --lzma1=lc=1,lp=2,pb=2,dict=8MiB >lp2.img
# 18893 bytes; vendors' encoders write the length, and odd dictionaries
{ head -c 5 basic.img; printf '\315\111\0\0\0\0\0\0'; tail -c +14 basic.img; } \
	>length.img
{ printf '\135\0\0\003\0'; tail -c +6 length.img; } >dictionary.img
{ cat basic.img; echo "stale flash data"; } >trailing.img
head -c 1000 basic.img >cut.img
{ printf '\135\0\0\0\0'; tail -c +6 basic.img; } >wrong_dictionary.img
{ head -c 5 basic.img; printf '\315\110\0\0\0\0\0\0'; tail -c +14 basic.img; } \
	>wrong_length.img
{ head -c 13 basic.img; printf '\001'; tail -c +15 basic.img; } >wrong_first.img
