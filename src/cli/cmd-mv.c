/* SPDX-License-Identifier: MIT */
/* cmd-mv.c - kvault mv: another key for a value. */
#include "cli.h"

static int
run (cli *self)
{
  cli_bytes key, new_key;
  int status, rc;

  if ((status = cli_open (self, KVAULT_ACCESS_WRITE)) != CLI_DONE)
    return status;
  key = self->operands[0].bytes;
  new_key = self->operands[1].bytes;
  rc = kvault_rename (self->vault, key.data, key.size, new_key.data, new_key.size,
                      cli_has (self, CLI_OPT_REPLACE));
  if (rc == KVAULT_NOTFOUND)
    return cli_no_key (self, key);
  if (rc == KVAULT_EEXIST)
    {
      cli_report ("%s: key %s exists; --replace replaces it", self->location, cli_name (new_key));
      return CLI_USAGE;
    }
  if (rc != KVAULT_OK)
    return cli_fail (self, rc);
  if (cli_has (self, CLI_OPT_JSON))
    {
      cli_json_begin ();
      cli_json_bytes ("key", new_key);
      cli_json_bytes ("old_key", key);
      cli_json_end_line ();
    }
  return CLI_DONE;
}

const cli_command cli_command_mv = {
  .name = "mv",
  .summary = "Give a value another key",
  .operands = "[OPTION…] VAULT OLD NEW",
  .help =
    "The value is rewritten under its new key in one step. A value at NEW is kept, and the\n"
    "status is 2, unless it is to be replaced.\n\n"
    "      --replace              replace a value at NEW\n",
  .options = CLI_OPTS_COMMON | CLI_OPTS_KEY | CLI_OPT_JSON | CLI_OPT_REPLACE,
  .min_operands = 2,
  .max_operands = 2,
  .run = run,
};
