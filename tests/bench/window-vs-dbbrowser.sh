#!/bin/sh
# SPDX-License-Identifier: MIT
# window-vs-dbbrowser.sh HEADLESS SCRIPT COFFER MAKE-VAULT: makes the vault, measures in a session.
set -eu

vault=$("$4" 1000000)
exec "$1" --no-a11y --timeout 280 -- /usr/bin/python3 "$2" "$3" "$vault"
