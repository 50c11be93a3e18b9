/* SPDX-License-Identifier: MIT */
/* cmd-rm.c - kvault rm: delete keys by name or by prefix.
 *
 * Either way it is one transaction: all is deleted, or after a failure nothing. What was
 * deleted is told once it lasts.
 */
#include "cli.h"

#include <stdlib.h>
#include <unistd.h>

static void
report_deleted (cli        *self,
                const bool *deleted)
{
  for (size_t i = 0; i < self->n_operands && cli_has (self, CLI_OPT_JSON); i++)
    {
      cli_json_begin ();
      cli_json_bytes ("key", self->operands[i].bytes);
      cli_json_bool ("deleted", deleted[i]);
      cli_json_end_line ();
    }
}

/* @status becomes worse with each key that is not there. */
static int
delete_keys (cli  *self,
             bool *deleted,
             int  *status)
{
  for (size_t i = 0; i < self->n_operands; i++)
    {
      cli_bytes key = self->operands[i].bytes;
      int rc = cli_cancelled () ? KVAULT_ECANCELLED : cli_delete (self, key);

      if (rc == KVAULT_NOTFOUND)
        *status = cli_worse (*status, cli_no_key (self, key));
      else if (rc != KVAULT_OK)
        return rc;
      deleted[i] = rc == KVAULT_OK;
    }
  return KVAULT_OK;
}

static int
delete_named (cli *self)
{
  bool *deleted = calloc (self->n_operands, sizeof *deleted);
  int status = CLI_DONE;
  int rc = deleted != NULL ? kvault_begin (self->vault) : KVAULT_ENOMEM;

  if (rc == KVAULT_OK && (rc = delete_keys (self, deleted, &status)) == KVAULT_OK)
    rc = kvault_commit (self->vault);
  if (rc == KVAULT_OK)
    report_deleted (self, deleted);
  else
    status = cli_worse (status, cli_fail (self, rc));
  free (deleted);
  return status;
}

/* 1: go on; 0: no; negative: a kvault_result. KVAULT_NOTFOUND if nothing is there to delete. */
static int
ask (cli *self)
{
  kvault_totals_result totals;
  char answer[16] = "";
  ssize_t n;
  int rc = cli_count_prefix (self, &totals);

  if (rc != KVAULT_OK)
    return rc;
  if (totals.keys == 0)
    return KVAULT_NOTFOUND;
  cli_ask ("%s: delete %s (%s) that begin with %s? [y/N]", self->location,
           cli_count_text (totals.keys, "key"), cli_size_text (totals.bytes), cli_name (self->prefix));
  n = read (STDIN_FILENO, answer, sizeof answer - 1);
  return n > 0 && (answer[0] == 'y' || answer[0] == 'Y');
}

static int
delete_prefix (cli *self)
{
  uint64_t deleted = 0;
  int rc = cli_has (self, CLI_OPT_YES) ? 1 : ask (self);

  if (rc == 0)
    return CLI_DONE;
  if (rc > 0)
    rc = kvault_delete_prefix (self->vault, self->prefix.data, self->prefix.size,
                               cli_has_progress (self) ? cli_show_keys : NULL, self, &deleted);
  cli_progress_end ();
  if (rc != KVAULT_OK && rc != KVAULT_NOTFOUND)
    return cli_fail (self, rc);
  if (deleted == 0)
    return cli_no_prefix (self);
  if (cli_has (self, CLI_OPT_JSON))
    {
      cli_json_begin ();
      cli_json_bytes ("prefix", self->prefix);
      cli_json_number ("deleted", deleted);
      cli_json_end_line ();
    }
  return CLI_DONE;
}

static int
run (cli *self)
{
  bool by_prefix = cli_has (self, CLI_OPTS_PREFIX);
  int status;

  if (by_prefix == (self->n_operands > 0))
    {
      cli_report ("rm takes keys or --prefix; see kvault rm --help");
      return CLI_USAGE;
    }
  if (by_prefix && !cli_has (self, CLI_OPT_YES)
      && !(isatty (STDIN_FILENO) && isatty (STDERR_FILENO)))
    {
      cli_report ("rm --prefix asks first; without a terminal it needs --yes");
      return CLI_USAGE;
    }
  if ((status = cli_open (self, KVAULT_ACCESS_WRITE)) != CLI_DONE)
    return status;
  return by_prefix ? delete_prefix (self) : delete_named (self);
}

const cli_command cli_command_rm = {
  .name = "rm",
  .summary = "Delete keys and their values",
  .operands = "[OPTION…] VAULT KEY… | --prefix P",
  .help =
    "All is deleted in one step. Keys that are not there are named, and the status is 1; the\n"
    "others are deleted. Before deleting by prefix the keys are counted and the question is\n"
    "asked on the terminal.\n\n"
    "  -p, --prefix P             every key that begins with P\n"
    "      --prefix-hex HEX       the same by the bytes of P in hexadecimal\n"
    "  -y, --yes                  do not ask\n",
  .options = CLI_OPTS_COMMON | CLI_OPTS_KEY | CLI_OPTS_PREFIX | CLI_OPT_JSON | CLI_OPT_YES
             | CLI_OPT_SECURE_DELETE,
  .min_operands = 0,
  .max_operands = -1,
  .run = run,
};
