#!/bin/sh
# SPDX-License-Identifier: MIT
# window.sh HEADLESS SCRIPT COFFER MAKE-VAULT KEYS[:SIZE]…: makes the vaults, measures the window on them in a session.
set -eu

headless=$1 script=$2 coffer=$3 make_vault=$4
shift 4
for vault; do
  keys=${vault%%:*}
  case $vault in (*:*) path=$("$make_vault" "$keys" "${vault#*:}") ;; (*) path=$("$make_vault" "$keys") ;; esac
  set -- "$@" "$path"
  shift
done
exec "$headless" --no-a11y --timeout 580 -- /usr/bin/python3 "$script" "$coffer" "$@"
