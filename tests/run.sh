#!/bin/bash
# Installs what is missing, builds twice (plain; with sanitizers), runs every test.
# usage: tests/run.sh			(JOBS: processes at once)
set -euo pipefail

cd "$(dirname "$0")/.."
jobs=${JOBS:-$(nproc)}
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
[ -z "${ASSAY_SHARED:-}" ] && [ -d ../shared ] && ASSAY_SHARED=$(cd ../shared && pwd) &&
	export ASSAY_SHARED

tests/install.sh build sample test
step() { printf '\n== %s\n' "$*"; }

build() { # folder, options...
	local dir=$1
	shift
	step "build in $dir"
	cmake -S . -B "$dir" -G Ninja -DASSAY_WERROR=ON "$@" >/dev/null
	cmake --build "$dir" -j "$jobs"
}

build build -DCMAKE_BUILD_TYPE=Release </dev/null
build build-asan -DCMAKE_BUILD_TYPE=RelWithDebInfo -DASSAY_SANITIZE=ON </dev/null

status=0
for dir in build build-asan; do
	step "tests in $dir"
	ctest --test-dir "$dir" -j "$jobs" --output-on-failure </dev/null ||
		status=1
done
exit $status
