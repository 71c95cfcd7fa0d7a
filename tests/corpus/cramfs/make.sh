#!/bin/sh
# usage: make.sh OUTDIR		(77: mkfs.cramfs is missing)
command -v mkfs.cramfs >/dev/null || exit 77
set -e
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
"$(dirname "$0")/../tree.sh" "$tree"
chmod 755 "$tree"
mkfs.cramfs -N little -n reference "$tree" "$1/little.img" >/dev/null
mkfs.cramfs -N big -n reference "$tree" "$1/big.img" >/dev/null
mkfs.cramfs -p -N little -n padded "$tree" "$1/padded.img" >/dev/null
