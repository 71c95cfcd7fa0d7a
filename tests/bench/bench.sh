#!/bin/bash
# Time and memory of assay against the peers that are installed, in one run of
# alternating turns. binwalk and unblob extract only, and as far as the programs
# they call are there; clamscan and yara match only. assay does all of it.
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
# A file is a namespace, as in assay, whose external names yara is told.
rules= externals= n=0
while IFS= read -r file; do
	rules+=" n$((n++)):$(printf %q "$file")"
done < <(find "$here/../../rules" -name '*.yar')
for x in filename= filepath= extension= filetype= owner= assay_format= \
	assay_arch= assay_mode=0 assay_uid=0 assay_size=0 assay_entropy=0.0 \
	assay_setuid=false assay_in_init=false; do
	externals+=" -d $x"
done
peer yara "yara -w -r$externals$rules $image"
exec python3 "$here/measure.py" "${2:-3}" "${pairs[@]}"
