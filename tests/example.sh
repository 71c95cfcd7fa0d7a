#!/bin/sh
# A worked example of the docs: applies its diff to a copy, builds, runs one test.
# usage: example.sh PAGE.md TARGETS TEST ; ROOT and OUT are set.
set -eu
page=$1 targets=$2 test=$3
command -v patch >/dev/null || { echo "patch is missing"; exit 77; }

rm -rf "$OUT"
mkdir -p "$OUT/tree"
sed -n '/^```diff$/,/^```$/p' "$ROOT/$page" | sed '/^```/d' >"$OUT/diff"
lines=$(wc -l <"$OUT/diff")
[ "$lines" -gt 0 ] && [ "$lines" -lt 80 ] ||
	{ echo "$page: the diff has $lines lines"; exit 1; }
tar -C "$ROOT" -cf - --exclude=./.git --exclude='./build*' . | tar -C "$OUT/tree" -xf -
# Neighbours in sorted lists come and go.
patch -d "$OUT/tree" -p1 -F3 --no-backup-if-mismatch <"$OUT/diff"
cmake -S "$OUT/tree" -B "$OUT/build" -G Ninja -DASSAY_WERROR=ON >/dev/null
# shellcheck disable=SC2086
cmake --build "$OUT/build" -j 2 --target $targets
ctest --test-dir "$OUT/build" -R "^$test\$" --no-tests=error --output-on-failure
rm -rf "$OUT"
