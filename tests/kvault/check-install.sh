#!/bin/sh
# SPDX-License-Identifier: MIT
# With SQLite alone the core and the command still build, and a program of somebody else's builds with what they install:
# check-install.sh SOURCE PROGRAM.c
set -eu
source=$1 program=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

meson setup -Dapp=disabled -Dgst=disabled -Dtests=false -Dwerror=true --prefix=/usr --libdir=lib \
  "$folder/build" "$source" >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
DESTDIR=$folder/root meson install -C "$folder/build" >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }

# Only what was installed may be found.
export PKG_CONFIG_LIBDIR="$folder/root/usr/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$folder/root"
export LD_LIBRARY_PATH="$folder/root/usr/lib"
# shellcheck disable=SC2046
${CC:-cc} -o "$folder/program" "$program" $(pkg-config --cflags --libs kvault)
"$folder/root/usr/bin/kvault" new "$folder/a.kvault"
printf value | "$folder/root/usr/bin/kvault" put "$folder/a.kvault" key
"$folder/program" "$folder/a.kvault" | grep -q '^3 bytes of key'
test -f "$folder/root/usr/share/man/man1/kvault.1" || test -f "$folder/root/usr/share/man/man1/kvault.1.gz"
