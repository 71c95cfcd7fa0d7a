#!/bin/bash
# Time and memory of assay against the peers that are installed, in one run.
# usage: bench.sh IMAGE [ROUNDS]	(ASSAY: the program, default build/scanner/assay)
set -euo pipefail

[ $# -ge 1 ] || { sed -n 's/^# usage/usage/p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
assay=${ASSAY:-$here/../../build/scanner/assay}
image=$(printf %q "$(realpath "$1")")
[ -x "$assay" ] || { echo "$assay: not built" >&2; exit 2; }

pairs=(assay "$assay scan $image")
peer() { # program, command
	if command -v "$1" >/dev/null; then
		pairs+=("$1" "$2")
	else
		echo "$1: not installed"
	fi
}
peer binwalk "binwalk -Me -C @WORK@ $image"
peer unblob "unblob -e @WORK@ $image"
peer clamscan "clamscan --no-summary $image"
rules=$(find "$here/../../rules" -name '*.yar' | head -1 || true)
[ -z "$rules" ] || peer yara "yara -w $(printf %q "$rules") $image"
exec python3 "$here/measure.py" "${2:-3}" "${pairs[@]}"
