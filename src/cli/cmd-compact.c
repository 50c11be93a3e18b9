/* SPDX-License-Identifier: MIT */
/* cmd-compact.c - kvault compact: free space given back, or a compacted copy.
 *
 * The library knows three ways. Without --way the best that can be gone now is taken, and the receipt says which.
 * A dry run asks it for an estimate of each and changes nothing.
 */
#include "copying.h"
#include "storage.h"

#include <stdio.h>
#include <time.h>

#define N_WAYS (KVAULT_VACUUM_IN_PLACE + 1)

static const char *const way_names[N_WAYS] = {
  [KVAULT_VACUUM_AUTO] = "auto",
  [KVAULT_VACUUM_SWAP] = "swap",
  [KVAULT_VACUUM_INCREMENTAL] = "steps",
  [KVAULT_VACUUM_IN_PLACE] = "in-place",
};

static const char *const way_texts[N_WAYS] = {
  [KVAULT_VACUUM_AUTO] = "none",
  [KVAULT_VACUUM_SWAP] = "a new file takes the place of the old one",
  [KVAULT_VACUUM_INCREMENTAL] = "in steps, beside others",
  [KVAULT_VACUUM_IN_PLACE] = "in place; the second half can be neither watched nor stopped",
};

/* --- the plan ---------------------------------------------------------------------------- */

typedef struct plan {
  kvault_vacuum_estimate ways[N_WAYS];  /* of AUTO the one it would take */
  kvault_vacuum_way way;                /* the one recommended, or asked for */
  cli_holders holders;
  kvault_disk disk;                     /* of zeros: unknown */
} plan;

static int
make_plan (cli  *self,
           plan *made)
{
  kvault_vacuum_options options = { .page_maps = cli_has (self, CLI_OPT_PAGE_MAPS), .disk = &made->disk };
  int rc = KVAULT_OK;

  kvault_disk_measure (self->location, &made->disk);
  for (int way = 0; rc == KVAULT_OK && way < N_WAYS; way++)
    {
      options.way = (kvault_vacuum_way) way;
      if (way != KVAULT_VACUUM_INCREMENTAL || !options.page_maps)
        rc = kvault_vacuum_plan (self->vault, &options, &made->ways[way]);
      else
        made->ways[way].possible = KVAULT_EINVAL;   /* they cannot be turned on in steps */
    }
  if (rc == KVAULT_OK)
    rc = cli_holders_find (self, &made->holders);
  made->way = self->way;
  if (self->way == KVAULT_VACUUM_AUTO && made->ways[0].possible != KVAULT_OK
      && made->ways[KVAULT_VACUUM_IN_PLACE].possible == KVAULT_OK)
    made->way = KVAULT_VACUUM_IN_PLACE;
  return rc;
}

/* Of the vault's disk. */
static uint64_t
needed_in_all (const kvault_vacuum_estimate *way)
{
  return way->disk_needed + (way->temporary_apart ? 0 : way->temporary_needed);
}

static void
print_way_json (const kvault_vacuum_estimate *way,
                const char                   *name)
{
  cli_json_begin ();
  cli_json_text ("way", name);
  cli_json_bool ("possible", way->possible == KVAULT_OK);
  if (way->reason[0] != '\0')
    cli_json_text ("reason", way->reason);
  if (way->possible != KVAULT_EREADONLY && way->disk_needed > 0)
    {
      cli_json_number ("freed", way->freed);
      cli_json_number ("disk_needed", way->disk_needed);
      cli_json_number ("temporary_needed", way->temporary_needed);
      cli_json_bool ("temporary_apart", way->temporary_apart != 0);
      cli_json_number ("disk_needed_in_all", needed_in_all (way));
      cli_json_bool ("keeps_old", way->keeps_old != 0);
      cli_json_number ("memory_needed", way->memory_needed);
      cli_json_number ("duration_ms", way->duration_ms);
      cli_json_number ("duration_max_ms", way->duration_max_ms);
    }
  cli_json_end ();
}

static void
print_plan_json (cli        *self,
                 const plan *made)
{
  const kvault_vacuum_estimate *chosen = &made->ways[made->way];

  cli_json_begin ();
  cli_json_text ("file", self->location);
  cli_json_number ("size", chosen->file_size);
  cli_json_number ("in_use", chosen->live_size);
  cli_json_number ("freed", chosen->freed);
  cli_json_text ("way", way_names[chosen->way]);
  cli_json_bool ("possible", chosen->possible == KVAULT_OK);
  cli_json_bool ("log_held", chosen->log_held != 0);
  if (made->ways[0].reason[0] != '\0')
    cli_json_text ("reason", made->ways[0].reason);
  cli_json_number ("disk_free", chosen->disk_free);
  cli_json_number ("temporary_free", chosen->temporary_free);
  if (made->disk.write_rate > 0)
    {
      cli_json_number ("disk_write_rate", made->disk.write_rate);
      cli_json_number ("disk_read_rate", made->disk.read_rate);
    }
  cli_json_number ("others", made->ways[0].n_others);
  if (made->ways[0].pid > 0)
    {
      cli_json_number ("pid", (uint64_t) made->ways[0].pid);
      cli_json_text ("program", made->ways[0].program);
    }
  cli_holders_print_json (&made->holders);
  cli_json_begin_array ("ways");
  for (int way = KVAULT_VACUUM_SWAP; way < N_WAYS; way++)
    print_way_json (&made->ways[way], way_names[way]);
  cli_json_end_array ();
  cli_json_end_line ();
}

/* "1.2 s"; of an unknown disk "0.5 s to 8.0 s". */
static const char *
duration_text (const kvault_vacuum_estimate *way,
               char                         *text,
               size_t                        size)
{
  if (way->duration_max_ms > way->duration_ms)
    snprintf (text, size, "%s to %s", cli_time_text (way->duration_ms), cli_time_text (way->duration_max_ms));
  else
    snprintf (text, size, "%s", cli_time_text (way->duration_ms));
  return text;
}

static void
print_disk (const kvault_disk *disk)
{
  char text[128];

  if (disk->write_rate == 0)
    {
      cli_put_fact ("Disk:", "cannot be measured; times are those of a fast one and of a slow one");
      return;
    }
  snprintf (text, sizeof text, "writes %s/s and reads %s/s, as it was measured just now", cli_size_text (disk->write_rate),
            cli_size_text (disk->read_rate));
  cli_put_fact ("Disk:", text);
}

/* "  swap        0.5 s      1.0 GB      25.2 MB". */
static void
print_way (const plan       *made,
           kvault_vacuum_way way)
{
  const kvault_vacuum_estimate *estimate = &made->ways[way];
  char duration[64];

  cli_printf ("%c %-10s", made->ways[made->way].way == way ? '*' : ' ', way_names[way]);
  if (estimate->possible == KVAULT_OK)
    cli_printf ("%*s  %9s  %10s  %10s", made->disk.write_rate > 0 ? 8 : 24, duration_text (estimate, duration, sizeof duration),
                cli_size_text (estimate->disk_needed), estimate->temporary_needed > 0 ? cli_size_text (estimate->temporary_needed) : "",
                cli_size_text (estimate->memory_needed));
  else
    {
      cli_printf ("%s: ", estimate->possible == KVAULT_EINVAL ? "no" : "not now");
      cli_put_message (estimate->reason[0] != '\0' ? estimate->reason : "page maps cannot be turned on in steps");
    }
  cli_put_line_end ();
}

/* What becomes of the old file while the new one is not compared with it yet. */
static const char *
old_text (const kvault_vacuum_estimate *way)
{
  switch (way->way)
    {
    case KVAULT_VACUUM_INCREMENTAL:
      return "no copy is kept; each step is a transaction, whole or not at all";
    case KVAULT_VACUUM_IN_PLACE:
      return way->keeps_old ? "its pages stay until the new ones are compared with them" : "no copy is kept; kvault backup makes one";
    case KVAULT_VACUUM_SWAP:
    case KVAULT_VACUUM_AUTO:
    default:
      return "stays until the new one is compared with it";
    }
}

static void
print_temporary (const kvault_vacuum_estimate *way)
{
  char text[160];

  if (way->possible != KVAULT_OK || way->temporary_needed == 0)
    return;
  if (way->temporary_apart)
    snprintf (text, sizeof text, "on another disk, which has %s free", cli_size_text (way->temporary_free));
  else
    snprintf (text, sizeof text, "on the vault's disk: %s needs %s of it in all", way_names[way->way], cli_size_text (needed_in_all (way)));
  cli_put_fact ("Temporary:", text);
}

static void
print_plan (cli        *self,
            const plan *made)
{
  const kvault_vacuum_estimate *chosen = &made->ways[made->way];

  cli_put_fact ("File:", self->location);
  cli_put_size_fact ("Size:", chosen->file_size);
  if (chosen->log_held)
    cli_put_fact ("Comes back:", "nothing before another program lets go of the log; kvault checkpoint then gives its room back");
  else
    cli_put_size_fact ("Comes back:", chosen->freed);
  cli_put_size_fact ("Free disk:", chosen->disk_free);
  print_temporary (&made->ways[KVAULT_VACUUM_IN_PLACE]);
  print_disk (&made->disk);
  cli_holders_print (&made->holders);
  cli_put_fact ("Way:", way_texts[chosen->way]);
  cli_put_fact ("Old file:", old_text (chosen));
  if (made->ways[0].reason[0] != '\0' && chosen->way != KVAULT_VACUUM_SWAP)
    {
      cli_printf ("%-14s ", "Because:");
      cli_put_message (made->ways[0].reason);
      cli_put_line_end ();
    }
  cli_printf ("\n  WAY       %*s       DISK   TEMPORARY      MEMORY\n", made->disk.write_rate > 0 ? 8 : 24, "ABOUT");
  for (int way = KVAULT_VACUUM_SWAP; way < N_WAYS; way++)
    print_way (made, (kvault_vacuum_way) way);
}

static int
show_plan (cli *self)
{
  plan made;
  int rc = make_plan (self, &made);

  if (rc != KVAULT_OK)
    return cli_fail (self, rc);
  if (cli_has (self, CLI_OPT_JSON))
    print_plan_json (self, &made);
  else
    print_plan (self, &made);
  if (made.ways[self->way].possible == KVAULT_OK)
    return CLI_DONE;
  cli_report ("%s", made.ways[self->way].reason);
  return cli_status (made.ways[self->way].possible);
}

/* --- compacting -------------------------------------------------------------------------- */

#define VERIFIED_ALL (KVAULT_VERIFIED_PAGES | KVAULT_VERIFIED_CONTENT)

/* @rc  how it ended; what it found is told by that */
static const char *
what_was_verified (const kvault_vacuum_result *result,
                   int                         rc)
{
  if (result->verified == VERIFIED_ALL)
    return CLI_COPY_VERIFIED;
  if (result->verified == KVAULT_VERIFIED_PAGES && result->verify_cancelled)
    return "all pages; rows were not compared, since it was stopped by then";
  if (result->verified == KVAULT_VERIFIED_PAGES && rc == KVAULT_OK)
    return "all pages; rows were not compared, since another program wrote meanwhile";
  if (result->verified == KVAULT_VERIFIED_PAGES)
    return "all pages; see the error for the rest";
  if (result->way == KVAULT_VACUUM_INCREMENTAL)
    return "nothing; pages were moved in transactions, and kvault check looks at all";
  if (rc == KVAULT_ECANCELLED || result->verify_cancelled)
    return "nothing, since it was stopped by then; kvault check looks at all";
  return "see the error; kvault check looks at all";
}

/* With the offset of the time zone, which a bare time leaves to guess. */
static const char *
time_of_day (char   *text,
             size_t  size)
{
  time_t now = time (NULL);
  struct tm local;

  strftime (text, size, "%Y-%m-%dT%H:%M:%S%z", localtime_r (&now, &local));
  return text;
}

static void
print_sides_json (const char *name,
                  uint64_t    before,
                  uint64_t    after)
{
  char member[32];

  if (before == KVAULT_SIZE_UNKNOWN)
    return;
  snprintf (member, sizeof member, "%s_before", name);
  cli_json_number (member, before);
  snprintf (member, sizeof member, "%s_after", name);
  cli_json_number (member, after);
}

static void
print_receipt_json (cli                        *self,
                    const kvault_vacuum_result *result,
                    uint64_t                    freed,
                    uint64_t                    ms,
                    bool                        cancelled)
{
  char finished[40];

  cli_json_begin ();
  cli_json_text ("file", self->location);
  cli_json_text ("way", way_names[result->way]);
  cli_json_number ("size_before", result->size_before);
  cli_json_number ("size_after", result->size_after);
  cli_json_number ("freed", freed);
  print_sides_json ("main", result->before.main_size, result->after.main_size);
  print_sides_json ("reclaimable", result->before.free_size, result->after.free_size);
  print_sides_json ("log", result->before.log_size, result->after.log_size);
  print_sides_json ("keys", result->before.keys, result->after.keys);
  cli_json_number ("duration_ms", ms);
  cli_json_text ("finished", time_of_day (finished, sizeof finished));
  cli_json_bool ("verified", result->verified == VERIFIED_ALL);
  cli_json_bool ("verified_pages", (result->verified & KVAULT_VERIFIED_PAGES) != 0);
  cli_json_bool ("verified_content", (result->verified & KVAULT_VERIFIED_CONTENT) != 0);
  cli_json_bool ("log_in_use", result->log_in_use != 0);
  cli_json_bool ("complete", result->done != 0);
  cli_json_bool ("cancelled", cancelled);
  cli_json_end_line ();
}

static void
print_sides (const char *name,
             uint64_t    before,
             uint64_t    after)
{
  cli_printf ("  %-12s %12s %12s\n", name, before > 0 ? cli_size_text (before) : "none", after > 0 ? cli_size_text (after) : "none");
}

static void
print_receipt (cli                        *self,
               const kvault_vacuum_result *result,
               uint64_t                    ms,
               int                         rc)
{
  bool cancelled = rc == KVAULT_ECANCELLED || result->verify_cancelled;
  uint64_t freed = result->size_before > result->size_after ? result->size_before - result->size_after : 0;
  char finished[40];

  if (cli_has (self, CLI_OPT_JSON))
    {
      print_receipt_json (self, result, freed, ms, cancelled);
      return;
    }
  if (cli_has (self, CLI_OPT_QUIET))
    return;
  cli_put_fact ("Way:", way_texts[result->way]);
  cli_put_size_fact ("Before:", result->size_before);
  cli_put_size_fact ("After:", result->size_after);
  cli_put_size_fact ("Given back:", freed);
  cli_put_fact ("Time:", cli_time_text (ms));
  cli_put_fact ("Finished:", time_of_day (finished, sizeof finished));
  cli_put_fact ("Verified:", what_was_verified (result, rc));
  if (cancelled)
    cli_put_fact ("Cancelled:", result->done ? "when the file was compacted" : "what was given back stays so; the rest can be given back later");
  if (result->log_in_use)
    cli_put_fact ("Log:", "another program reads; the file shrinks when it is done");
  cli_printf ("\n  %-12s %12s %12s\n", "", "BEFORE", "AFTER");
  print_sides ("main file", result->before.main_size, result->after.main_size);
  print_sides ("reclaimable", result->before.free_size, result->after.free_size);
  print_sides ("log", result->before.log_size, result->after.log_size);
  if (result->before.keys != KVAULT_SIZE_UNKNOWN)
    cli_printf ("  %-12s %12llu %12llu\n", "keys", (unsigned long long) result->before.keys, (unsigned long long) result->after.keys);
}

/* The library says what is in the way; what could be done instead is ours to say. */
static int
fail (cli *self,
      int  result)
{
  const char *message = kvault_errmsg (self->vault);

  if (result == KVAULT_ECORRUPT)
    cli_report ("%s; kvault export --salvage saves what can be read", message);
  else if ((result == KVAULT_EBUSY || result == KVAULT_EPERM) && self->way == KVAULT_VACUUM_AUTO)
    cli_report ("%s; --way in-place does it all the same, but keeps writers waiting", message);
  else
    return cli_fail (self, result);
  return cli_status (result);
}

static int
compact (cli *self)
{
  kvault_vacuum_options options = {
    .way = self->way,
    .page_maps = cli_has (self, CLI_OPT_PAGE_MAPS),
    .progress = cli_show_bytes,
    .progress_data = self,
  };
  kvault_vacuum_result result;
  uint64_t begun = cli_now_ms ();
  int rc = kvault_vacuum (self->vault, &options, &result);

  cli_progress_end ();
  if (rc == KVAULT_OK || result.done || result.freed > 0)   /* what was done before it ended stays done */
    {
      cli_put_in_spite ();
      print_receipt (self, &result, cli_now_ms () - begun, rc);
    }
  return rc == KVAULT_OK ? CLI_DONE : fail (self, rc);
}

/* ----------------------------------------------------------------------------------------- */

static bool
check_options (cli *self)
{
  if (cli_has (self, CLI_OPT_INTO) && cli_has (self, CLI_OPT_WAY | CLI_OPT_PAGE_MAPS))
    cli_report ("--into makes a copy; --way and --page-maps do not go with it");
  else if (self->way == KVAULT_VACUUM_INCREMENTAL && cli_has (self, CLI_OPT_PAGE_MAPS))
    cli_report ("page maps cannot be turned on in steps; leave out --way steps");
  else
    return true;
  return false;
}

static int
run (cli *self)
{
  bool dry = cli_has (self, CLI_OPT_DRY_RUN | CLI_OPT_PLAN), copies = cli_has (self, CLI_OPT_INTO);
  int status;

  if (!check_options (self))
    return CLI_USAGE;
  if ((status = cli_open (self, dry || copies ? KVAULT_ACCESS_VIEW : KVAULT_ACCESS_WRITE)) != CLI_DONE)
    return status;
  if (copies)
    return dry ? cli_copy_plan (self, self->into) : cli_copy_make (self, self->into);
  return dry ? show_plan (self) : compact (self);
}

const cli_command cli_command_compact = {
  .name = "compact",
  .summary = "Give back free space",
  .operands = "[OPTION…] VAULT",
  .help =
    "The best way that can be gone now is chosen and said. It ends with what came back, the time,\n"
    "and what was verified. A signal leaves the file as it was until the new one takes its\n"
    "place; what steps gave back stays so, and the second half of in-place ends before it is\n"
    "heeded. What was done by then is told.\n\n"
    "      --way WAY              swap: a new file, compared with the old one, takes its place;\n"
    "                             quick, but nobody else may have the file open. steps: as kvault\n"
    "                             reclaim; beside others, in files with page maps. in-place:\n"
    "                             others wait for all of it, and its second half can be neither\n"
    "                             watched nor stopped; without a write-ahead log no copy of the\n"
    "                             old file is kept meanwhile\n"
    "      --page-maps            turn page maps on (auto_vacuum=INCREMENTAL): the end of a large\n"
    "                             value is as near as its beginning, and space can be given back\n"
    "                             in steps\n"
    "      --into FILE            write a compacted and compared copy to FILE, where nothing may\n"
    "                             be yet, and leave VAULT as it is; others may write meanwhile\n"
    "      --plan                 tell what would come back, the way and why, disk, memory, time\n"
    "                             and who is in the way, whether the old file is kept till the\n"
    "                             new one is compared with it, and change nothing\n"
    "      --dry-run              the same\n",
  .options = CLI_OPTS_FILE | CLI_OPT_JSON | CLI_OPT_DRY_RUN | CLI_OPT_PLAN | CLI_OPT_WAY | CLI_OPT_PAGE_MAPS | CLI_OPT_INTO,
  .min_operands = 0,
  .max_operands = 0,
  .run = run,
};
