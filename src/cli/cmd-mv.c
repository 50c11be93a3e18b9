/* SPDX-License-Identifier: MIT */
/* cmd-mv.c - kvault mv: another key for a value, or another prefix for many.
 *
 * A value is rewritten under its new key, so on a terminal the cost of a prefix is said first.
 */
#include "cli.h"

#include <string.h>

static int
rename_key (cli *self)
{
  cli_bytes key = self->operands[0].bytes;
  cli_bytes new_key = self->operands[1].bytes;
  int rc = kvault_rename (self->vault, key.data, key.size, new_key.data, new_key.size,
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

static int
say_cost (cli *self)
{
  kvault_totals_result totals;
  int rc;

  if (!cli_has_progress (self))
    return KVAULT_OK;
  if ((rc = cli_count_prefix (self, &totals)) == KVAULT_OK)
    cli_report ("%s: %s, %s to be rewritten", self->location, cli_count_text (totals.keys, "key"),
                cli_size_text (totals.bytes));
  return rc;
}

static int
rename_prefix (cli *self)
{
  cli_bytes new_prefix = self->operands[0].bytes;
  bool same = new_prefix.size == self->prefix.size
              && memcmp (new_prefix.data, self->prefix.data, new_prefix.size) == 0;
  uint64_t renamed = 0;
  int rc = say_cost (self);

  if (rc == KVAULT_OK)
    rc = kvault_rename_prefix (self->vault, self->prefix.data, self->prefix.size, new_prefix.data,
                               new_prefix.size, cli_has (self, CLI_OPT_REPLACE), cli_show_keys, self,
                               &renamed);
  cli_progress_end ();
  if (rc != KVAULT_OK)
    return cli_fail (self, rc);
  if (renamed == 0 && !same)
    return cli_no_prefix (self);
  if (cli_has (self, CLI_OPT_JSON))
    {
      cli_json_begin ();
      cli_json_bytes ("prefix", new_prefix);
      cli_json_bytes ("old_prefix", self->prefix);
      cli_json_number ("renamed", renamed);
      cli_json_end_line ();
    }
  return CLI_DONE;
}

static int
run (cli *self)
{
  bool by_prefix = cli_has (self, CLI_OPTS_PREFIX);
  int status;

  if (self->n_operands != (by_prefix ? 1 : 2))
    {
      cli_report ("mv takes OLD and NEW, or --prefix OLD and NEW; see kvault mv --help");
      return CLI_USAGE;
    }
  if ((status = cli_open (self, KVAULT_ACCESS_WRITE)) != CLI_DONE)
    return status;
  return by_prefix ? rename_prefix (self) : rename_key (self);
}

const cli_command cli_command_mv = {
  .name = "mv",
  .summary = "Give a value another key",
  .operands = "[OPTION…] VAULT OLD NEW | --prefix OLD NEW",
  .help =
    "The value is rewritten under its new key in one step. A value at NEW is kept, and the\n"
    "status is 2, unless it is to be replaced.\n\n"
    "  -p, --prefix OLD           every key that begins with OLD gets NEW in its place, all in\n"
    "                             one step\n"
    "      --prefix-hex HEX       the same by the bytes of OLD in hexadecimal\n"
    "      --replace              replace a value at NEW\n",
  .options = CLI_OPTS_COMMON | CLI_OPTS_KEY | CLI_OPTS_PREFIX | CLI_OPT_JSON | CLI_OPT_REPLACE
             | CLI_OPT_SECURE_DELETE,
  .min_operands = 1,
  .max_operands = 2,
  .run = run,
};
