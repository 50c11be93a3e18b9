#!/bin/sh
# SPDX-License-Identifier: MIT
# The commands of kvault(1) in README.md do as they stand there, one after the other.
#
# check-readme.sh SOURCE_ROOT KVAULT
set -eu
root=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
ln -s "$(realpath "$2")" "$dir/kvault"
printf '\377\330\377\340 a picture of the dawn' >"$dir/dawn.jpg"
sed -n 's/^    \(kvault [a-z].*\)/\1/p' "$root/README.md" >"$dir/commands"
[ "$(wc -l <"$dir/commands")" -ge 7 ] || { echo "README.md has lost its examples"; exit 1; }

cd "$dir"
PATH=$dir:$PATH sh -eux commands
cmp dawn.jpg copy.jpg
[ -z "$(./kvault ls photos.kvault)" ]
