#!/bin/sh
# One stream, several, a foreign tail, a cut, a wrong byte.
# usage: make.sh FOLDER
set -eu
command -v bzip2 >/dev/null || exit 77
cd "$1"
rm -f ./*.img
seq 1 4000 | bzip2 -c >basic.img
{ cat basic.img; seq 4001 5000 | bzip2 -c; } >several.img
{ cat basic.img; echo "stale flash data"; } >trailing.img
head -c 1000 basic.img >cut.img
{ head -c 1000 basic.img; printf 'WRONG'; tail -c +1006 basic.img; } >wrong_data.img
: | bzip2 -c >empty.img
