# SPDX-License-Identifier: MIT
# Completion of kvault(1) for bash: commands and options, as --help names them; else files.
_kvault ()
{
  local program=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} words=

  case ${COMP_WORDS[COMP_CWORD - 1]} in
    --on-conflict) words='skip replace rename' ;;
    --sort | -s) words='key size' ;;
    --way) words='swap steps in-place' ;;
    --mode) words='passive full restart truncate' ;;
    *)
      if ((COMP_CWORD == 1)); then
        words="$("$program" --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p') --help --version"
      elif [[ $word == -* ]]; then
        # Those at the beginning of a line, behind a letter or not; others are only spoken of.
        words=$("$program" "${COMP_WORDS[1]}" --help 2>/dev/null | sed -n 's/^  \(-., \|    \)\(--[a-z-]*\).*/\2/p' | sort -u)
      fi
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o default -F _kvault kvault
