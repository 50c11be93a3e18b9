/* SPDX-License-Identifier: MIT */
/* cmd-convert.c - kvault convert: a table of the older shape gets the newer one. */
#include "cli.h"

#include <string.h>

typedef struct conversion {
  kvault_section_kind from;
  kvault_totals_result totals;  /* of the table, before */
  uint64_t disk_free;           /* in a dry run */
  uint64_t begun_ms;
} conversion;

static const char *
shape_name (kvault_section_kind kind)
{
  return kind == KVAULT_SECTION_V1 ? "v1" : "v2";
}

static void
print_json (cli              *self,
            const conversion *made)
{
  cli_json_begin ();
  cli_json_text ("file", self->location);
  cli_json_text ("table", kvault_table (self->vault));
  cli_json_text ("from", shape_name (made->from));
  cli_json_text ("to", shape_name (KVAULT_SECTION_V2));
  cli_json_number ("keys", made->totals.keys);
  cli_json_number ("bytes", made->totals.bytes);
  if (cli_has (self, CLI_OPT_DRY_RUN))
    cli_json_number ("disk_free", made->disk_free);
  else
    cli_json_number ("duration_ms", cli_now_ms () - made->begun_ms);
  cli_json_end_line ();
}

static void
print_result (cli              *self,
              const conversion *made)
{
  bool dry = cli_has (self, CLI_OPT_DRY_RUN);

  if (cli_has (self, CLI_OPT_JSON))
    print_json (self, made);
  else if (cli_has (self, CLI_OPT_QUIET) && !dry)
    return;
  else if (made->from == KVAULT_SECTION_V2)
    {
      cli_printf ("The table has the newer shape already: ");
      cli_put_escaped ((cli_bytes) { kvault_table (self->vault), strlen (kvault_table (self->vault)) });
      cli_put_line_end ();
    }
  else
    {
      cli_printf ("%s %s (%s) of table ", dry ? "Would copy" : "Copied", cli_count_text (made->totals.keys, "key"),
                  cli_size_text (made->totals.bytes));
      cli_put_escaped ((cli_bytes) { kvault_table (self->vault), strlen (kvault_table (self->vault)) });
      if (dry)
        cli_printf ("; %s of disk are free", cli_size_text (made->disk_free));
      else
        cli_printf (" in %s; kvault compact gives the room of the old ones back", cli_time_text (cli_now_ms () - made->begun_ms));
      cli_put_line_end ();
    }
}

/* Busy it may be at the very end, too, when the work is done. */
static int
convert (cli        *self,
         conversion *made)
{
  int rc = kvault_convert (self->vault, cli_show_bytes, self);
  int status = CLI_DONE;

  cli_progress_end ();
  if (rc == KVAULT_ECORRUPT)
    {
      cli_report ("%s; kvault export --salvage saves what can be read", kvault_errmsg (self->vault));
      status = CLI_DAMAGED;
    }
  else if (rc != KVAULT_OK)
    status = cli_fail (self, rc);
  if (rc == KVAULT_OK || (rc == KVAULT_EBUSY && kvault_table_kind (self->vault) != made->from))
    print_result (self, made);
  return status;
}

static int
run (cli *self)
{
  bool dry = cli_has (self, CLI_OPT_DRY_RUN);
  conversion made = { .begun_ms = cli_now_ms () };
  int status = cli_open (self, dry ? KVAULT_ACCESS_VIEW : KVAULT_ACCESS_WRITE);
  int rc;

  if (status != CLI_DONE)
    return status;
  made.from = kvault_table_kind (self->vault);
  if (made.from != KVAULT_SECTION_V1 && made.from != KVAULT_SECTION_V2)
    {
      cli_report ("%s: table \"%s\" is no vault", self->location, kvault_table (self->vault));
      return CLI_DAMAGED;
    }
  if ((rc = kvault_totals (self->vault, NULL, 0, cli_show_count, self, &made.totals)) != KVAULT_OK)
    return cli_fail (self, rc);
  cli_progress_end ();
  if (!dry && made.from == KVAULT_SECTION_V1)
    return convert (self, &made);
  cli_room_beside (self->location, &made.disk_free);
  print_result (self, &made);
  return CLI_DONE;
}

const cli_command cli_command_convert = {
  .name = "convert",
  .summary = "Give a table the newer shape",
  .operands = "[OPTION…] VAULT",
  .help =
    "A table of KohakuVault 0.1 to 0.5 becomes one of 0.6 and later, which is written faster and in\n"
    "little memory; the earlier versions cannot write it any more. Keys and values stay as they\n"
    "are. It is done in one step, or after a signal or a failure not at all.\n\n"
    "      --dry-run              tell how much there is to copy, and change nothing\n",
  .options = CLI_OPTS_COMMON | CLI_OPT_JSON | CLI_OPT_DRY_RUN,
  .min_operands = 0,
  .max_operands = 0,
  .run = run,
};
