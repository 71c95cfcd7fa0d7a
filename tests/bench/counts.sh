#!/bin/bash
# Counts that are the same on a busy machine, against the limits beside this file:
# instructions, system calls and processes of one scan of the sample router.
# usage: counts.sh [--accept] ASSAY IMAGE	(77: valgrind or strace is missing)
set -euo pipefail

accept=
[ "${1:-}" = --accept ] && { accept=1; shift; }
[ $# -eq 2 ] || { sed -n 's/^# usage/usage/p' "$0" >&2; exit 2; }
limits=$(cd "$(dirname "$0")" && pwd)/limits.txt
for tool in valgrind strace; do
	command -v "$tool" >/dev/null || { echo "no $tool"; exit 77; }
done
[ -e "$2" ] || { echo "$2: not made"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

scan() { # wrapper...
	local status=0
	"$@" -- "$assay" scan --no-sandbox -j1 -f json="$work/out.json" "$image" \
		>"$work/out" 2>"$work/err" </dev/null || status=$?
	[ "$status" -le 1 ] && return
	cat "$work/err"
	echo "the scan ends with $status"
	exit 1
}
assay=$1 image=$2
scan valgrind --tool=callgrind --callgrind-out-file="$work/callgrind.%p" \
	--log-file="$work/valgrind.%p"
instructions=$(cat "$work"/valgrind.* |
	sed -n 's/.*Collected *: *\([0-9]*\).*/\1/p' |
	awk '{ n += $1 } END { printf "%d", n }')
scan strace -f -qq -o "$work/trace"
syscalls=$(grep -c '(' "$work/trace")
forks=$(grep -cE ' (clone|clone3|fork|vfork)\(' "$work/trace" || true)

bad=0
[ -z "$accept" ] || : >"$limits"
for name in instructions syscalls forks; do
	value=${!name}
	[ -z "$accept" ] || echo "$name $value" >>"$limits"
	limit=$(sed -n "s/^$name //p" "$limits" 2>/dev/null || true)
	echo "$name $value (accepted: ${limit:-none})"
	[ -n "$limit" ] || { bad=1; continue; }
	[ "$value" -le $((limit + limit / 10)) ] ||
		{ echo "$name: more than a tenth above what was accepted"; bad=1; }
done
exit $bad
