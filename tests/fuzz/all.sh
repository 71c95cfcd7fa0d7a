#!/bin/bash
# Many mutated inputs over all readers.
# usage: all.sh BUILD [INPUTS]		(100000 in all; a crash stays as crash-NAME.bin)
set -euo pipefail

[ $# -ge 1 ] || { sed -n 's/^# usage/usage/p' "$0" >&2; exit 2; }
build=$1
fuzz=$(cd "$(dirname "$0")" && pwd)
corpus=$fuzz/../corpus
targets=()
for target in "$build"/tests/fuzz_*; do
	[ -f "$target" ] && [ -x "$target" ] && targets+=("$target")
done
[ ${#targets[@]} -gt 0 ] || { echo "$build: no fuzz targets" >&2; exit 2; }
export ASSAY_FUZZ_RUNS=$((${2:-100000} / ${#targets[@]} + 1))
status=0
for target in "${targets[@]}"; do
	name=${target##*/fuzz_}
	"$target" "$corpus/$name" "$fuzz/$name" "$build/tests/corpus/$name/made" || status=1
done
exit $status
