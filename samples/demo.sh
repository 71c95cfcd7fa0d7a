#!/bin/bash
# Builds assay and shows it at work on the sample router and on its clean twin.
# usage: samples/demo.sh
set -euo pipefail

cd "$(dirname "$0")/.."
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
tests/install.sh build sample

echo "== build"
cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release >/dev/null </dev/null
cmake --build build --target assay fwmk -j "$(nproc)" </dev/null
samples/make-router.sh build/samples </dev/null

scan() { # image, wanted exit status
	local status=0
	printf '\n== assay scan %s\n' "$1"
	./build/scanner/assay scan "$1" </dev/null || status=$?
	echo "== exit status $status"
	[ "$status" -eq "$2" ] || { echo "demo.sh: $2 was to be expected" >&2; exit 1; }
}

scan build/samples/router-backdoored.bin 1
scan build/samples/router-clean.bin 0
