#!/bin/bash
# The same bytes out for the same bytes in, with one job at once and with sixteen.
# usage: same.sh ASSAY IMAGE...	(77: none of the images is there)
# The images of real devices join where ASSAY_SHARED has them.
set -euo pipefail

assay=$1
shift
corpus=${ASSAY_SHARED:-$(dirname "$0")/../../shared}/corpus
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
images=()
for image in "$@" "$corpus"/*/*.bin; do
	[ -e "$image" ] && images+=("$image")
done
[ ${#images[@]} -gt 0 ] || { echo "no image is there: skipped"; exit 77; }

scan() { # jobs, images...
	local jobs=$1 status=0
	shift
	"$assay" scan -q "-j$jobs" --reproducible -f "json=$work/$jobs.json" \
		-f "text=$work/$jobs.txt" "$@" </dev/null || status=$?
	case $status in
	0 | 1 | 3) return ;;
	esac
	echo "-j$jobs: exit status $status"
	exit 1
}
same() { # images...
	scan 1 "$@"
	scan 16 "$@"
	cmp "$work/1.json" "$work/16.json"
	cmp "$work/1.txt" "$work/16.txt"
}
for image in "${images[@]}"; do
	same "$image"
done
same "${images[@]}"
echo "${#images[@]} images, one by one and together"
