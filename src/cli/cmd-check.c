/* SPDX-License-Identifier: MIT */
/* cmd-check.c - kvault check: is the file whole, and is there anything odd in it.
 *
 * Findings are the answer and go to standard output as they are found. Damage makes the status 4; what is only odd
 * does not.
 */
#include "cli.h"

typedef struct check {
  cli *self;
  kvault_check_result result;
} check;

static const char *
finding_name (kvault_finding_kind kind)
{
  static const char *const names[] = {
    [KVAULT_FINDING_STRUCTURE] = "structure",
    [KVAULT_FINDING_UNREADABLE] = "unreadable",
    [KVAULT_FINDING_INDEX] = "index",
    [KVAULT_FINDING_SIZE] = "size",
    [KVAULT_FINDING_KEY_CLASS] = "key-class",
    [KVAULT_FINDING_VALUE_CLASS] = "value-class",
    [KVAULT_FINDING_HEADER] = "header",
    [KVAULT_FINDING_ZEROS] = "zeros",
    [KVAULT_FINDING_ORPHAN] = "orphan",
    [KVAULT_FINDING_MOVED] = "moved",
  };

  return (size_t) kind < sizeof names / sizeof names[0] && names[kind] != NULL ? names[kind] : "other";
}

static void
print_json (const kvault_finding *finding)
{
  cli_json_begin ();
  cli_json_text ("finding", finding_name (finding->kind));
  cli_json_bool ("damage", finding->is_damage != 0);
  if (finding->table != NULL)
    cli_json_text ("table", finding->table);
  if (finding->entry != NULL)
    cli_json_bytes ("key", (cli_bytes) { finding->entry->key, finding->entry->key_size });
  if (finding->kind == KVAULT_FINDING_ZEROS)
    cli_json_number ("offset", finding->offset);
  cli_json_text ("message", finding->message);
  cli_json_end_line ();
}

static int
show_finding (const kvault_finding *finding,
              void                 *data)
{
  check *at = data;

  cli_progress_end ();
  if (cli_has (at->self, CLI_OPT_JSON))
    print_json (finding);
  else
    {
      cli_printf ("%s: ", finding->is_damage ? "damaged" : "odd");
      cli_put_message (finding->message);
      cli_put_line_end ();
    }
  return cli_cancelled () || cli_put_failed ();
}

/* "Checked 307 keys: nothing is wrong". */
static void
print_summary (const check *at)
{
  const kvault_check_result *result = &at->result;
  cli *self = at->self;

  if (cli_has (self, CLI_OPT_JSON))
    {
      cli_json_begin ();
      cli_json_text ("file", self->location);
      cli_json_bool ("full", cli_has (self, CLI_OPT_FULL));
      cli_json_number ("keys", result->keys);
      if (cli_has (self, CLI_OPT_FULL))
        cli_json_number ("bytes", result->bytes);
      cli_json_number ("findings", result->findings);
      cli_json_number ("damages", result->damages);
      cli_json_end_line ();
    }
  else if (!cli_has (self, CLI_OPT_QUIET))
    {
      cli_printf ("Checked %s", cli_count_text (result->keys, "key"));
      if (cli_has (self, CLI_OPT_FULL))
        cli_printf (" and the %s of their values", cli_size_text (result->bytes));
      if (result->findings == 0)
        cli_printf (": nothing is wrong\n");
      else
        cli_printf (": %llu damaged, %llu odd\n", (unsigned long long) result->damages,
                    (unsigned long long) (result->findings - result->damages));
    }
}

static int
run (cli *self)
{
  check at = { .self = self };
  int status = cli_open_damaged (self);
  int rc;

  if (self->vault == NULL)
    return status;
  rc = kvault_check (self->vault, cli_has (self, CLI_OPT_FULL) ? KVAULT_CHECK_FULL : 0, show_finding, &at,
                     cli_show_bytes, self, &at.result);
  cli_progress_end ();
  if (rc == KVAULT_ECANCELLED && cli_put_failed ())
    return CLI_IO;
  if (rc != KVAULT_OK)
    return cli_worse (status, cli_fail (self, rc));
  print_summary (&at);
  if (at.result.damages == 0)
    return status;
  cli_report ("%s is damaged; kvault export --salvage saves what can be read", self->location);
  return CLI_DAMAGED;
}

const cli_command cli_command_check = {
  .name = "check",
  .summary = "Look for damage",
  .operands = "[OPTION…] VAULT",
  .help =
    "The whole file, all its tables. What is found goes to standard output, a line each: damage,\n"
    "and what is only odd, as a size that is not right or a value KohakuVault cannot read. With\n"
    "damage the status is 4. Nothing is changed.\n\n"
    "      --full                 read every value, too, and look for such as end in zeros, as if\n"
    "                             their writing was broken off\n",
  .options = CLI_OPTS_FILE | CLI_OPT_JSON | CLI_OPT_FULL,
  .min_operands = 0,
  .max_operands = 0,
  .run = run,
};
