#!/bin/sh
# SPDX-License-Identifier: MIT
# The media type as the desktop's own database takes it: names, parent and both languages.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
type=application/vnd.kohakuvault+sqlite3

mkdir -p "$dir/packages"
cp "$1" "$dir/packages/coffer.xml"
update-mime-database "$dir"
for name in '*.kvault' '*.vault'; do
  grep -qxF "50:$type:$name" "$dir/globs2" || { echo "no glob $name"; exit 1; }
done
grep -qxF "$type application/vnd.sqlite3" "$dir/subclasses" || { echo "no parent type"; exit 1; }
grep -q 'comment xml:lang="de"' "$dir/$type.xml" || { echo "no German name"; exit 1; }
