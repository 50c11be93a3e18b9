#!/bin/sh
# SPDX-License-Identifier: MIT
# check-overview.sh PROGRAM: the header's example lists a vault and explains a failure.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$COFFER_TEST_DATA/v010_odd_keys.db" "$COFFER_TEST_DATA/foreign/text_file.db" "$folder"

test "$("$1" "$folder/v010_odd_keys.db" | wc -l)" -eq 74
"$1" "$folder/v010_odd_keys.db" | grep -qx '4096 bytes of key'
! "$1" "$folder/text_file.db" 2> "$folder/words"
grep -q text_file.db "$folder/words"
test "$(wc -l < "$folder/words")" -eq 1
! "$1"
test "$(ls "$folder" | wc -l)" -eq 3
