#!/bin/sh
# Every format has recipes or a script that makes its images.
# usage: corpus.sh ROOT FORMAT...
root=$1
shift
bad=0
for format; do
	dir=$root/tests/corpus/$format
	ls "$dir"/*.fwmk >/dev/null 2>&1 || [ -e "$dir/make.sh" ] || {
		echo "$format: nothing in tests/corpus/$format makes an image"
		bad=1
	}
	ls "$dir"/*.golden >/dev/null 2>&1 || {
		echo "$format: no golden listing; make golden-accept"
		bad=1
	}
done
exit $bad
