#!/bin/sh
# The listing of every recipe of a format against the .golden beside it.
# usage: golden.sh [--accept] FORMAT... ; FWMK, FWDUMP, OUT and CORPUS are set.
set -u
accept=
[ "${1:-}" = --accept ] && { accept=1; shift; }
bad=0 seen=0

check() { # format, image, golden, made
	"$FWDUMP" "$1" "$2" >"$2.listing" 2>&1
	code=$?
	# The order of files is the affair of the folder they were packed from.
	if [ -n "${4:-}" ]; then
		{
			grep -vE '^[a-z] [0-7]+ ' "$2.listing"
			grep -E '^[a-z] [0-7]+ ' "$2.listing" | LC_ALL=C sort
		} >"$2.sorted"
		mv "$2.sorted" "$2.listing"
	fi
	if [ $code -ne 0 ]; then
		echo "$1: $2: fwdump ends with $code"
		bad=1
	fi
	seen=$((seen + 1))
	if [ -n "$accept" ]; then
		cmp -s "$2.listing" "$3" || cp "$2.listing" "$3"
	elif ! diff -u "$3" "$2.listing"; then
		bad=1
	fi
}

for format; do
	dir=$CORPUS/$format
	[ -d "$dir" ] || { echo "$dir: no such folder"; exit 1; }
	mkdir -p "$OUT/$format"
	for recipe in "$dir"/*.fwmk; do
		[ -e "$recipe" ] || continue
		image=$OUT/$format/$(basename "$recipe" .fwmk).bin
		"$FWMK" "$recipe" "$image" || { bad=1; continue; }
		check "$format" "$image" "${recipe%.fwmk}.golden"
	done
	if [ -e "$dir/make.sh" ]; then
		mkdir -p "$OUT/$format/made"
		sh "$dir/make.sh" "$OUT/$format/made"
		code=$?
		if [ $code -eq 77 ]; then
			[ $seen -eq 0 ] && exit 77
		elif [ $code -ne 0 ]; then
			echo "$dir/make.sh ends with $code"
			bad=1
		else
			for image in "$OUT/$format/made"/*.img; do
				check "$format" "$image" \
					"$dir/$(basename "$image" .img).golden" made
			done
		fi
	fi
	for golden in "$dir"/*.golden; do
		stem=${golden%.golden}
		[ -e "$stem.fwmk" ] || [ -e "$dir/make.sh" ] || {
			echo "$golden: no recipe makes it"; bad=1; }
	done
done
[ $seen -gt 0 ] || { echo "no recipe at all"; bad=1; }
exit $bad
