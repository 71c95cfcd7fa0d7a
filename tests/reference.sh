#!/bin/sh
# File systems of real devices against the listings of reference extractors.
# A further name of a file may be a hard link where the reference has its bytes.
# FWDUMP is set; ASSAY_SHARED names the folder with corpus/ (77: not there).
set -u
corpus=${ASSAY_SHARED:-$(dirname "$0")/../../shared}/corpus
if [ ! -d "$corpus" ]; then
	echo "no $corpus: skipped"
	exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

# Type, mode, path, sum or target; hard links as the file they lead to.
as_files() {
	awk '$1 == "f" { sum[$3] = $2 " " $4 }
	$1 == "h" { link[$3] = $5; next }
	{ print }
	END { for (name in link) {
		split(sum[link[name]], of, " ")
		print "f", of[1], name, of[2]
	} }' | LC_ALL=C sort
}

same() { # format, image, offset, listing
	"$FWDUMP" "$1" "$corpus/$2" "$3" 2>"$work/errors" | as_files >"$work/got"
	LC_ALL=C sort "$corpus/$4" >"$work/want"
	if ! diff "$work/want" "$work/got" >"$work/diff"; then
		echo "$2: differs"
		head -20 "$work/diff"
		cat "$work/errors"
		bad=1
	fi
}

same squashfs format/squashfs-v2.bin 0 format/squashfs-v2.expect
same squashfs format/squashfs-v3-le.bin 0 format/squashfs-v3.expect
same squashfs format/squashfs-v3-be.bin 0 format/squashfs-v3.expect
same squashfs vendor/digoo-rootfs.bin 0 vendor/digoo-rootfs.expect
same squashfs vendor/sannce-rootfs.bin 0 vendor/sannce-rootfs.expect
same squashfs vendor/tplink-wa701nv2.bin 1180160 vendor/tplink-wa701nv2.expect
exit $bad
