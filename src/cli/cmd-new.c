/* SPDX-License-Identifier: MIT */
/* cmd-new.c - kvault new: make an empty vault where no file is yet. */
#include "cli.h"

static int
run (cli *self)
{
  int status = cli_open (self, KVAULT_ACCESS_CREATE_NEW);

  if (status == CLI_DONE && cli_has (self, CLI_OPT_JSON))
    {
      cli_json_begin ();
      cli_json_text ("file", self->location);
      cli_json_text ("table", kvault_table (self->vault));
      cli_json_end_line ();
    }
  return status;
}

const cli_command cli_command_new = {
  .name = "new",
  .summary = "Make an empty vault",
  .operands = "[OPTION…] VAULT",
  .help =
    "Nothing may be at VAULT yet. The file keeps a write-ahead log and page maps, which make\n"
    "the end of a large value as near as its beginning.\n\n"
    "      --page-size N          bytes, a power of two from 512 to 65536; 32768 if not given\n"
    "      --rollback-journal     keep a rollback journal instead of a write-ahead log\n",
  .options = CLI_OPTS_COMMON | CLI_OPT_JSON | CLI_OPT_PAGE_SIZE | CLI_OPT_ROLLBACK,
  .run = run,
};
