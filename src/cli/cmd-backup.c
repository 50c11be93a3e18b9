/* SPDX-License-Identifier: MIT */
/* cmd-backup.c - kvault backup: a copy of the whole file as it is at one moment. */
#include "copying.h"


/* An operand is bytes of the command line, which end in a NUL. */
static int
run (cli *self)
{
  const char *target = self->operands[0].bytes.data;
  int status;

  if (target[0] == '\0')
    {
      cli_report ("an empty path; see kvault backup --help");
      return CLI_USAGE;
    }
  if ((status = cli_open (self, KVAULT_ACCESS_VIEW)) != CLI_DONE)
    return status;
  return cli_has (self, CLI_OPT_DRY_RUN) ? cli_copy_plan (self, target) : cli_copy_make (self, target);
}

const cli_command cli_command_backup = {
  .name = "backup",
  .summary = "Copy the whole file while others write",
  .operands = "[OPTION…] VAULT FILE",
  .help =
    "FILE is a vault with all that VAULT has at one moment, compacted. It gets its name when its\n"
    "pages were checked, rows and bytes of every table compared, and it is on the disk; ended\n"
    "before, the command leaves nothing. VAULT is only read, and others may write to it meanwhile.\n\n"
    "  -f, --force                let the copy take the place of FILE if it is there, once it is\n"
    "                             whole; a file that anybody has open, that has other names or\n"
    "                             of which none of this can be told is not replaced. It keeps\n"
    "                             its mode, owner and attributes as far as you may give them\n"
    "      --dry-run              tell how large it would be and how much room there is\n",
  .options = CLI_OPTS_FILE | CLI_OPT_JSON | CLI_OPT_DRY_RUN | CLI_OPT_FORCE,
  .min_operands = 1,
  .max_operands = 1,
  .run = run,
};
