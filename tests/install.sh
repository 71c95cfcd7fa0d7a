#!/bin/bash
# Installs the packages of packages.txt that are missing.
# usage: install.sh GROUP...		(build, sample, test)
set -euo pipefail

list=$(dirname "$0")/packages.txt
missing=()
for group; do
	for package in $(sed -n "s/^$group //p" "$list"); do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
		[ "$state" = installed ] || missing+=("$package")
	done
done
[ ${#missing[@]} -gt 0 ] || exit 0

root=()
[ "$(id -u)" -eq 0 ] || root=(sudo)
echo "installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${root[@]}" apt-get update -qq </dev/null
"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
	--no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}" \
	</dev/null >/dev/null
