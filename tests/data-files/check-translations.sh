#!/bin/sh
# SPDX-License-Identifier: MIT
# Every file with words for people is listed in po/POTFILES.in, and every language in
# po/LINGUAS translates each of these words.
#
# check-translations.sh SOURCE_ROOT
set -eu
cd "$1"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

{
  grep -rlE --include='*.c' '(^|[^A-Za-z0-9_])(_|N_|C_|NC_|g_dn?gettext|g_dpgettext2?) ?\(' src || :
  grep -rlE --include='*.ui' 'translatable="?(yes|true|1)' src || :
  ls data/*.desktop.in data/*.gschema.xml data/*.metainfo.xml.in data/*.mime.xml.in
} | sort >"$dir/have"
grep -v '^#' po/POTFILES.in | sort >"$dir/listed"
if ! diff -u "$dir/listed" "$dir/have"; then
  echo "po/POTFILES.in does not list what holds translatable words (+ missing, - needless)"
  failed=1
fi

xgettext --files-from=po/POTFILES.in --from-code=UTF-8 --add-comments=Translators \
  --keyword=_ --keyword=N_ --keyword=C_:1c,2 --keyword=NC_:1c,2 --keyword=g_dgettext:2 \
  --keyword=g_dngettext:2,3 --keyword=g_dpgettext2:2c,3 \
  --keyword=count_words:1,2 --keyword=count_keys:1,2 --output="$dir/coffer.pot"
# Nothing finds a translation of words with a macro in their middle but PRIu64 and its like.
if sed 's/%%//g' "$dir/coffer.pot" | grep -nE '^msg(id|id_plural) .*%[^a-zA-Z%]*"$'; then
  echo "words end in the middle of a format: is there a macro?"
  failed=1
fi
while read -r language; do
  if ! msgfmt --check --statistics --output-file=/dev/null "po/$language.po" 2>"$dir/log"; then
    failed=1
  fi
  cat "$dir/log"
  if grep -qE 'fuzzy|untranslated' "$dir/log"; then
    echo "po/$language.po is not complete"
    failed=1
  fi
  if ! msgcmp --no-fuzzy-matching "po/$language.po" "$dir/coffer.pot"; then
    echo "po/$language.po lacks words of the sources: see CONTRIBUTING.md, Translations"
    failed=1
  fi
done <po/LINGUAS
exit $failed
