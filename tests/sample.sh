#!/bin/bash
# The sample router: the same bytes twice, findings in one, silence in the other.
# ASSAY and FWMK are set; OUT is a folder to work in.
set -euo pipefail

make=$(dirname "$0")/../samples/make-router.sh
mkdir -p "$OUT"
"$make" "$OUT/one" || exit $?
"$make" "$OUT/two"
cmp "$OUT/one/router-backdoored.bin" "$OUT/two/router-backdoored.bin"
cmp "$OUT/one/router-clean.bin" "$OUT/two/router-clean.bin"
[ -n "${ASSAY:-}" ] || exit 0

scan() { # image, wanted exit status
	local status=0
	"$ASSAY" scan "$OUT/one/$1" >"$OUT/$1.txt" 2>&1 </dev/null ||
		status=$?
	[ "$status" -eq "$2" ] && return
	cat "$OUT/$1.txt"
	echo "$1: exit status $status, not $2"
	exit 1
}
export NO_COLOR=1
scan router-backdoored.bin 1
scan router-clean.bin 0
