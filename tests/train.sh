#!/bin/bash
# assay train: counts programs by name, in any order with the same result.
# usage: train.sh ASSAY PROGRAM		(PROGRAM: any that holds literals)
set -euo pipefail
assay=$1 program=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

fail() { echo "$*"; exit 1; }

count() { # TABLE: its literals
	od -An -tu4 -j8 -N4 --endian=little "$1" | tr -d ' '
}

mkdir one two
cp "$program" one/alpha
cp "$program" one/libbeta-1.2.so.3
cp "$program" two/gamma
cp "$program" two/gamma2
echo text >two/text
"$assay" train -q one two -o a || fail "train failed"
"$assay" train -q -j1 two one -o b
cmp a b || fail "the order of images shows"
[ "$(head -c 4 a)" = ALIT ] || fail "no table"
[ "$(count a)" -gt 3 ] || fail "three programs hold the same, none counts"
# Two builds of one program are one.
"$assay" train -q two -o c
[ "$(count c)" -eq 0 ] || fail "one program counts as several"
"$assay" train -q --least 1 two -o c
[ "$(count c)" -gt 3 ] || fail "--least 1 leaves literals out"
"$assay" train -q one two -o - >d
cmp a d || fail "standard output differs"

# What an earlier table holds stays, and what a C library holds counts at once.
mkdir three
cp "$program" three/libc.so.6
"$assay" train -q three -o e
[ "$(count e)" -gt 3 ] || fail "a C library's literals are left out"
"$assay" train -q two --also a -o f
cmp a f || fail "--also: the earlier table is not what is left"

# Words: what only some programs say is not known, however often.
printf 'int x; const char *w[] = { "corniche harbour", "corniche 4471" };\n' >w.c
printf 'int x; const char *w[] = { "harbour" };\n' >v.c
mkdir -p words
if cc -shared -fPIC w.c -o words/one 2>/dev/null &&
	cc -shared -fPIC v.c -o words/other 2>/dev/null; then
	"$assay" train -q --words --least 1 words -o g
	"$assay" train -q --words --least 2 words -o h
	# "corniche" and "4471"
	[ "$(count g)" -ge $(($(count h) + 2)) ] ||
		fail "--words: $(count g) of one, $(count h) of two programs"
	[ "$(count h)" -gt 0 ] || fail "--words: what both say is not known"
	"$assay" train -q --words words/other --least 2 --also h -o i
	cmp h i || fail "--words --also: the earlier table is not what is left"
fi

for bad in "" "one" "-o x" "one -o x --least 0" "one -o x --least few" \
	"absent -o x" "one -o absent/x" \
	"one -o x --also one/alpha" "one -o x --also absent"; do
	status=0
	# shellcheck disable=SC2086
	"$assay" train -q $bad 2>/dev/null || status=$?
	[ "$status" -eq 2 ] || fail "train $bad: status $status"
done
