#!/bin/bash
# Makes the sample router's image twice: router-backdoored.bin, router-clean.bin.
# usage: make-router.sh OUTDIR
# FWMK names the recipe tool (default: build/tests/fwmk). Needs cc, mksquashfs.
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: make-router.sh OUTDIR" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
fwmk=${FWMK:-$here/../build/tests/fwmk}
mkdir -p "$1"
out=$(cd "$1" && pwd)
for tool in "${CC:-cc}" mksquashfs "$fwmk"; do
	command -v "$tool" >/dev/null ||
		{ echo "make-router.sh: $tool is missing" >&2; exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

flags=(-std=gnu17 -O2 -Wall -Wextra -fPIE -pie -fstack-protector-strong
	-fcf-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -s
	-Wl,-z,relro,-z,now)
case $(uname -m) in x86_64 | i?86) ;; *) flags=("${flags[@]/-fcf-protection/}") ;; esac

make_image() { # name, flags...
	local name=$1 root=$work/$1 program
	shift
	mkdir -p "$root"/{bin,dev,data,proc,root,tmp,usr/sbin,var/run}
	cp -r "$here/router/root/." "$root/"
	for program in httpd sysmond netdiag confd; do
		"${CC:-cc}" ${flags[@]} "$@" \
			"$here/router/src/$program.c" -o "$root/usr/sbin/$program"
	done
	[ $# -eq 0 ] || cp -r "$here/router/planted/." "$root/"
	find "$root" -type d -exec chmod 755 {} +
	find "$root" -type f -exec chmod 644 {} +
	chmod 755 "$root"/usr/sbin/* "$root/etc/init.d/rcS"
	chmod 600 "$root/etc/shadow"
	cp "$here"/router/*.fwmk "$work/"
	rm -f "$work/root.squashfs"
	# One thread, no times, one owner: the same bytes from the same tree.
	mksquashfs "$root" "$work/root.squashfs" -noappend -no-progress -quiet \
		-comp xz -processors 1 -all-root -mkfs-time 0 -all-time 0 \
		-no-xattrs -p "/dev/console c 600 0 0 5 1" \
		-p "/dev/null c 666 0 0 1 3" >/dev/null
	"$fwmk" "$work/router.fwmk" "$out/$name.bin"
}

make_image router-clean
make_image router-backdoored -DPLANTED
