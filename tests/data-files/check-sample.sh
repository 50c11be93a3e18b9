#!/bin/sh
# SPDX-License-Identifier: MIT
# The sample vault of `./dev run`: whole or not there, never over a file, and full of what it
# is meant to show.
#
# check-sample.sh COFFER-MAKE-SAMPLE KVAULT
set -eu
make=$1 kvault=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

fail ()
{
  echo "$*"
  exit 1
}

# Ended half-way it leaves no sample.
"$make" "$dir/half.kvault" &
pid=$!
while ! ls "$dir"/*.part >/dev/null 2>&1; do kill -0 $pid || fail "it wrote nothing"; sleep 0.01; done
kill -KILL $pid
wait $pid || :
[ ! -e "$dir/half.kvault" ] || fail "half a sample took its name"
rm -f "$dir"/*

"$make" "$dir/sample.kvault"
[ "$(ls -A "$dir")" = sample.kvault ] || fail "files were left beside it: $(ls -A "$dir")"
cp "$dir/sample.kvault" "$dir/copy"
! "$make" "$dir/sample.kvault" 2>/dev/null || fail "it wrote over a file"
cmp "$dir/sample.kvault" "$dir/copy" || fail "the file that was there has changed"
! "$make" "$dir/none/sample.kvault" 2>/dev/null || fail "it made a vault in a folder that is not there"

"$kvault" ls --long "$dir/sample.kvault" >"$dir/list"
for type in image/jpeg image/png image/gif video/webm video/ogg audio/ogg audio/flac audio/x-wav text/plain \
            application/json application/x-zerosize; do
  grep -q " $type " "$dir/list" || fail "no value of type $type"
done
[ "$("$kvault" ls --prefix img/ "$dir/sample.kvault" | wc -l)" -eq 24 ] || fail "not all pictures"
[ "$("$kvault" ls --table thumbs "$dir/sample.kvault" | wc -l)" -eq 24 ] || fail "not all small pictures"
