# SPDX-License-Identifier: MIT
# Completion of kvault(1) for bash: commands and options, as --help names them; else files.
_kvault ()
{
  local program=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} words=

  if [[ ${COMP_WORDS[COMP_CWORD - 1]} == --on-conflict ]]; then
    words='skip replace rename'
  elif ((COMP_CWORD == 1)); then
    words="$("$program" --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p') --help --version"
  elif [[ $word == -* ]]; then
    words=$("$program" "${COMP_WORDS[1]}" --help 2>/dev/null | grep -o -e '--[a-z][a-z-]*' | sort -u)
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o default -F _kvault kvault
