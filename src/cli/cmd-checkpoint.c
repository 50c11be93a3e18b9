/* SPDX-License-Identifier: MIT */
/* cmd-checkpoint.c - kvault checkpoint: the write-ahead log into the main file. */
#include "cli.h"

#include <string.h>

static const char *
holder_does (const kvault_checkpoint_result *result)
{
  return result->writer ? "writes" : result->checkpointer ? "moves pages" : "reads";
}

static void
print_json (cli                            *self,
            const kvault_stats             *stats,
            const kvault_checkpoint_result *result)
{
  cli_json_begin ();
  cli_json_text ("file", self->location);
  cli_json_number ("frames", result->frames);
  cli_json_number ("moved", result->moved);
  cli_json_number ("moved_bytes", result->moved * stats->page_size);
  cli_json_bool ("finished", result->finished != 0);
  cli_json_number ("wal_size", stats->wal_size);
  cli_json_bool ("reader", result->reader != 0);
  cli_json_bool ("writer", result->writer != 0);
  cli_json_bool ("checkpointer", result->checkpointer != 0);
  if (result->pid > 0)
    cli_json_number ("pid", (uint64_t) result->pid);
  if (result->program[0] != '\0')
    cli_json_text ("program", result->program);
  cli_json_end_line ();
}

/* Only a passive checkpoint ends in success with somebody in its way. */
static void
print_holder (const kvault_checkpoint_result *result)
{
  if (!result->reader && !result->writer && !result->checkpointer)
    return;
  cli_printf ("In the way: ");
  if (result->pid > 0)
    cli_printf ("%s (process %lld) ", result->program[0] != '\0' ? result->program : "another program", (long long) result->pid);
  else
    cli_printf ("another program ");
  cli_printf ("%s\n", holder_does (result));
}

static void
print_result (cli                            *self,
              const kvault_stats             *stats,
              const kvault_checkpoint_result *result)
{
  if (cli_has (self, CLI_OPT_JSON))
    print_json (self, stats, result);
  else if (cli_has (self, CLI_OPT_QUIET))
    return;
  else if (stats->journal != KVAULT_JOURNAL_WAL)
    cli_printf ("The file has no write-ahead log\n");
  else
    {
      cli_printf ("Moved %llu of %s (%s) from the log, which has %s now\n", (unsigned long long) result->moved,
                  cli_count_text (result->frames, "page"), cli_size_text (result->moved * stats->page_size),
                  cli_size_text (stats->wal_size));
      print_holder (result);
    }
}

static int
run (cli *self)
{
  kvault_checkpoint_result result;
  kvault_stats stats;
  int status = cli_open (self, KVAULT_ACCESS_WRITE);
  int rc;

  if (status != CLI_DONE)
    return status;
  rc = kvault_checkpoint (self->vault, self->mode, &result);
  if (rc != KVAULT_OK)
    status = cli_fail (self, rc);
  if (rc != KVAULT_OK && rc != KVAULT_EBUSY)
    return status;
  if ((rc = kvault_stats_get (self->vault, &stats)) != KVAULT_OK)
    return cli_worse (status, cli_fail (self, rc));
  print_result (self, &stats, &result);
  return status;
}

const cli_command cli_command_checkpoint = {
  .name = "checkpoint",
  .summary = "Move the write-ahead log into the file",
  .operands = "[OPTION…] VAULT",
  .help =
    "Tells how many pages the log has, how many were moved, and who was in the way. A file with\n"
    "a rollback journal has no log, and nothing is done.\n\n"
    "      --mode M               passive: what can be moved without waiting; full: wait for\n"
    "                             others and move all; restart: and wait until nobody needs the\n"
    "                             log; truncate, if not given: and cut it to nothing. If others\n"
    "                             stay for the whole --busy-timeout, the status is 3\n",
  .options = CLI_OPTS_FILE | CLI_OPT_JSON | CLI_OPT_MODE,
  .min_operands = 0,
  .max_operands = 0,
  .run = run,
};
