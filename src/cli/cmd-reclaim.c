/* SPDX-License-Identifier: MIT */
/* cmd-reclaim.c - kvault reclaim: free pages given back in steps, beside others.
 *
 * Parts of large values that no key leads to are removed first, also where pages cannot be given back.
 */
#include "cli.h"

/* @orphans is NULL in a dry run. */
static void
print_result (cli                         *self,
              const kvault_stats          *stats,
              const kvault_orphans_result *orphans,
              uint64_t                     pages,
              uint64_t                     left,
              bool                         cancelled)
{
  bool dry = orphans == NULL;

  if (cli_has (self, CLI_OPT_JSON))
    {
      cli_json_begin ();
      cli_json_text ("file", self->location);
      cli_json_number ("pages", pages);
      cli_json_number ("bytes", pages * stats->page_size);
      cli_json_number ("free_page_count", left);
      cli_json_number ("file_size", stats->file_size - (dry ? pages * stats->page_size : 0));
      if (orphans != NULL)
        {
          cli_json_number ("orphans_removed", orphans->removed);
          cli_json_number ("orphans_bytes", orphans->bytes);
          cli_json_number ("orphans_adopted", orphans->adopted);
          cli_json_number ("orphans_left", orphans->left);
          cli_json_bool ("cancelled", cancelled);
        }
      cli_json_end_line ();
    }
  else if (dry || !cli_has (self, CLI_OPT_QUIET))
    cli_printf ("%s%s %s (%s); %llu free %s in the file\n", cancelled ? "Cancelled: " : "", dry ? "Would give back" : "Gave back",
                cli_count_text (pages, "page"), cli_size_text (pages * stats->page_size), (unsigned long long) left,
                dry ? "would be left" : "are left");
}

static int
fail (cli *self,
      int  result)
{
  if (result != KVAULT_EINVAL)
    return cli_fail (self, result);
  cli_report ("%s: the file has no page maps, which giving space back in steps needs; kvault compact --page-maps turns them on",
              self->location);
  return CLI_USAGE;
}

static int
plan (cli *self)
{
  kvault_stats stats;
  uint64_t pages;
  int rc = kvault_stats_get (self->vault, &stats);

  if (rc == KVAULT_OK && stats.auto_vacuum != 2)
    rc = KVAULT_EINVAL;
  if (rc != KVAULT_OK)
    return fail (self, rc);
  pages = self->pages == 0 || self->pages > stats.free_page_count ? stats.free_page_count : self->pages;
  print_result (self, &stats, NULL, pages, stats.free_page_count - pages, false);
  return CLI_DONE;
}

static void
print_orphans (cli                         *self,
               const kvault_orphans_result *orphans)
{
  if (cli_has (self, CLI_OPT_JSON | CLI_OPT_QUIET))
    return;
  if (orphans->removed > 0)
    cli_printf ("Removed what was left of %s (%s)\n", cli_count_text (orphans->removed, "large value"),
                cli_size_text (orphans->bytes));
  if (orphans->adopted > 0)
    cli_printf ("Gave %s the key another program moved it to\n", cli_count_text (orphans->adopted, "large value"));
  if (orphans->left > 0)
    cli_printf ("Left %s that others may be writing\n", cli_count_text (orphans->left, "large value"));
}

/* Steps done before a failure or a signal stay done, so they are told as well. */
static int
reclaim (cli *self)
{
  kvault_orphans_result orphans;
  kvault_stats stats;
  uint64_t freed = 0;
  int status = CLI_DONE;
  bool cancelled;
  int rc = kvault_orphans_remove (self->vault, cli_show_bytes, self, &orphans);

  cli_progress_end ();
  print_orphans (self, &orphans);
  if (rc == KVAULT_OK)
    rc = kvault_reclaim (self->vault, self->pages, cli_show_bytes, self, &freed);
  cli_progress_end ();
  if (rc != KVAULT_OK)
    status = fail (self, rc);
  if (rc != KVAULT_OK && freed == 0 && orphans.removed == 0 && orphans.adopted == 0)
    return status;
  cancelled = rc == KVAULT_ECANCELLED;
  self->deaf = true;   /* also of the signal that has ended it */
  cli_put_in_spite ();
  if ((rc = kvault_stats_get (self->vault, &stats)) != KVAULT_OK)
    return cli_worse (status, cli_fail (self, rc));
  print_result (self, &stats, &orphans, freed, stats.free_page_count, cancelled);
  return status;
}

static int
run (cli *self)
{
  bool dry = cli_has (self, CLI_OPT_DRY_RUN);
  int status;

  if (cli_has (self, CLI_OPT_PAGES) && self->pages == 0)
    {
      cli_report ("--pages takes a number from 1 on");
      return CLI_USAGE;
    }
  status = cli_open (self, dry ? KVAULT_ACCESS_VIEW : KVAULT_ACCESS_WRITE);

  if (status != CLI_DONE)
    return status;
  return dry ? plan (self) : reclaim (self);
}

const cli_command cli_command_reclaim = {
  .name = "reclaim",
  .summary = "Give free pages back in steps",
  .operands = "[OPTION…] VAULT",
  .help =
    "Pages are moved from the end of the file into free ones, 512 at a time, and others may read\n"
    "and write in between. What a signal ends stays done so far, and is told. The file needs page\n"
    "maps, which vaults made here have: kvault stat tells, kvault compact --page-maps turns them\n"
    "on. Parts of large values that no key leads to are removed first, in any file.\n\n"
    "      --pages N              at most N pages; all free ones if not given\n"
    "      --dry-run              tell how many pages would come back, and change nothing\n",
  .options = CLI_OPTS_FILE | CLI_OPT_JSON | CLI_OPT_DRY_RUN | CLI_OPT_PAGES,
  .min_operands = 0,
  .max_operands = 0,
  .run = run,
};
