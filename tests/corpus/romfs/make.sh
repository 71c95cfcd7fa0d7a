#!/bin/sh
# usage: make.sh OUTDIR		(77: genromfs is missing)
command -v genromfs >/dev/null || exit 77
set -e
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
"$(dirname "$0")/../tree.sh" "$tree"
genromfs -d "$tree" -V reference -f "$1/reference.img"
