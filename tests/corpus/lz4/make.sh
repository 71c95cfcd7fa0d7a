#!/bin/sh
# Frames with and without checksums, legacy, skippable frames, damage.
# usage: make.sh FOLDER
set -eu
command -v lz4 >/dev/null || exit 77
cd "$1"
rm -f ./*.img
seq 1 4000 | lz4 -q -c >basic.img
seq 1 4000 | lz4 -q -c --no-frame-crc >no_sum.img
seq 1 4000 | lz4 -q -c -l >legacy.img
seq 1 1200000 | lz4 -q -c -l >legacy_two_blocks.img
{ cat basic.img; seq 4001 5000 | lz4 -q -c; } >several.img
{ cat basic.img; printf '\120\052\115\030\004\0\0\0skip'; cat legacy.img; } \
	>skippable.img
{ cat basic.img; echo "stale flash data"; } >trailing.img
{ cat legacy.img; printf '\315\111\0\0'; } >legacy_length.img
head -c 5000 basic.img >cut.img
head -c 5000 legacy.img >cut_legacy.img
{ head -c 5000 basic.img; printf 'WRONG'; tail -c +5006 basic.img; } >wrong_data.img
{ head -c 4 basic.img; printf '\377'; tail -c +6 basic.img; } >wrong_descriptor.img
{ head -c 4 legacy.img; printf '\377\377\377\377'; tail -c +9 legacy.img; } \
	>wrong_length.img
