/* SPDX-License-Identifier: MIT */
/* What is being done to a file, in words for the window "Storage" and for the status bar. Main thread. */
#define G_LOG_DOMAIN "coffer-storage"

#include "coffer-storage-words.h"

#include "coffer-storage-upkeep.h"

#include <coffer-cache.h>
#include <glib/gi18n-lib.h>

char *
coffer_storage_format_seconds (double seconds)
{
  guint n = (guint) (seconds + .5);

  if (n < 1)
    return g_strdup (_("1 s"));
  if (n < 60)
    return g_strdup_printf (_("%u s"), n);
  if (n < 3600)
    return g_strdup_printf (_("%u min %u s"), n / 60, n % 60);
  return g_strdup_printf (_("%u h %u min"), n / 3600, n / 60 % 60);
}

/* The clock runs only while somebody may write, and what fails is put off; a flush takes its time, too. */
char *
coffer_storage_dup_cache_risk (CofferVault *vault)
{
  CofferCache *cache = coffer_vault_get_cache (vault);
  const CofferCacheOptions *options = coffer_cache_get_options (cache);
  gboolean has_writer = coffer_cache_has_writer (cache) && !coffer_vault_is_damaged (vault);
  CofferCacheState state;
  g_autofree char *n = NULL, *seconds = NULL;

  coffer_cache_get_state (cache, &state);
  n = g_strdup_printf ("%'" G_GUINT64_FORMAT, state.n_entries);
  seconds = g_strdup_printf ("%'" G_GUINT64_FORMAT, MAX (options->interval_s, (state.oldest_ms + 999) / 1000));
  if (state.n_entries > 0 && (state.problem != NULL || !has_writer))
    return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "Nothing is written at the moment: %s value that waits would be lost in a crash",
                                         "Nothing is written at the moment: %s values that wait would be lost in a crash",
                                         (gulong) state.n_entries), n);
  if (!options->on)
    return g_strdup (state.n_entries > 0 ? _("Off; what still waits is being written") : _("Off: everything is written at once"));
  if (!has_writer)
    return g_strdup_printf (_("Faster, when the vault is edited; what was added in the last %s s may be lost in a crash then. Nothing waits now"),
                            seconds);
  return g_strdup_printf (_("Faster; what was added in the last %s s may be lost in a crash"), seconds);
}

char *
coffer_storage_dup_duration (const CofferCompactPlan *plan)
{
  g_autofree char *least = coffer_storage_format_seconds ((double) plan->duration_ms / 1000);
  g_autofree char *most = coffer_storage_format_seconds ((double) plan->duration_max_ms / 1000);

  /* Translators: the least time and the most */
  return g_str_equal (least, most) ? g_steal_pointer (&most) : g_strdup_printf (_("%s to %s"), least, most);
}

char *
coffer_storage_dup_temporary (const CofferCompactPlan *plan)
{
  g_autofree char *needed = g_format_size (plan->temporary_needed);
  g_autofree char *room = g_format_size (plan->temporary_free);

  if (plan->temporary_needed == 0)
    return NULL;
  /* Translators: bytes that temporary files need on another disk than the vault's, and those that are free there */
  return g_strdup_printf (_("For temporary files, on another disk: %s, %s free"), needed, room);
}

char *
coffer_storage_dup_time_source (CofferStorage *self)
{
  CofferDisk disk;
  CofferDiskState state = coffer_storage_get_disk (self, &disk);
  g_autofree char *write = g_format_size (disk.write_rate);
  g_autofree char *read = g_format_size (disk.read_rate);

  switch (state)
    {
    case COFFER_DISK_BEING_MEASURED:
      return g_strdup (_("This disk is being measured"));
    case COFFER_DISK_MEASURED:
      /* Translators: bytes a second, twice */
      return g_strdup_printf (_("As this disk was measured: it writes %s/s and reads %s/s"), write, read);
    case COFFER_DISK_UNKNOWN:
      return g_strdup (_("This disk cannot be measured: the times are those of a fast one and of a slow one"));
    case COFFER_DISK_NOT_TRIED:
    default:
      return NULL;
    }
}

const char *
coffer_storage_get_job_words (CofferStorage *self)
{
  switch (coffer_storage_get_job (self))
    {
    case COFFER_STORAGE_COMPACT:
      return _("Compacting");
    case COFFER_STORAGE_CONVERT:
      return _("Converting the table");
    case COFFER_STORAGE_COPY:
      return _("Saving a copy");
    case COFFER_STORAGE_CHECK:
      return _("Looking for damage");
    case COFFER_STORAGE_JOURNAL:
      return _("Changing the journal");
    case COFFER_STORAGE_OPTIMIZE:
      return _("Optimizing");
    case COFFER_STORAGE_WIPE:
      return _("Wiping free space");
    case COFFER_STORAGE_SALVAGE:
      return _("Saving what can be read");
    case COFFER_STORAGE_CHECKPOINT:
    case COFFER_STORAGE_IDLE:
    default:
      return _("Moving the log into the main file");
    }
}

const char *
coffer_storage_get_step_words (CofferStorage *self)
{
  CofferStep step;

  coffer_storage_get_step (self, &step);
  switch (step.kind)
    {
    case COFFER_STEP_COPY:
      return _("Copying values");
    case COFFER_STEP_CHECK:
      return _("Checking every page");
    case COFFER_STEP_COMPARE:
      return _("Comparing rows and bytes");
    case COFFER_STEP_PLACE:
      return coffer_storage_moves_log (self) ? _("Moving the log into the main file; this cannot be stopped") : _("Putting it in place");
    case COFFER_STEP_WRITE_BACK:
      return _("Writing it back; this cannot be stopped");
    case COFFER_STEP_MOVE:
      return _("Moving pages");
    case COFFER_STEP_NONE:
    default:
      return coffer_storage_get_job_words (self);
    }
}

double
coffer_storage_get_fraction (CofferStorage *self)
{
  CofferStep step;

  coffer_storage_get_step (self, &step);
  if (step.bytes_total == G_MAXUINT64 || step.bytes >= step.bytes_total)   /* all that was foreseen, and it goes on */
    return -1;
  return step.n > 0 ? MIN (step.fraction, 1) : (double) step.bytes / (double) step.bytes_total;
}

/* The rate is that of the step, the time that of all of them. */
char *
coffer_storage_dup_rate (CofferStorage *self)
{
  CofferStep step;
  guint64 rate = coffer_storage_get_step (self, &step);
  g_autofree char *speed = g_format_size (rate);
  double seconds = coffer_storage_get_left (self);
  g_autofree char *left = NULL;

  if (rate == 0 || seconds < 0 || coffer_storage_get_fraction (self) < 0)
    return NULL;
  left = coffer_storage_format_seconds (seconds);
  /* Translators: bytes a second, and a time */
  return g_strdup_printf (_("%s/s, about %s left"), speed, left);
}

/* The percent beside the bar is of all steps, the bytes are of this one. */
char *
coffer_storage_dup_bytes (CofferStorage *self)
{
  CofferStep step;
  gboolean known = coffer_storage_get_fraction (self) >= 0;
  g_autofree char *bytes = NULL, *total = NULL;

  coffer_storage_get_step (self, &step);
  bytes = g_format_size (step.bytes);
  total = g_format_size (known ? step.bytes_total : 0);
  if (step.n == 0)
    return known ? g_strdup_printf (_("%s of %s"), bytes, total) : g_strdup ("");
  if (!known)
    return g_strdup_printf (_("Step %u of %u"), step.number, step.n);
  /* Translators: the number of the step, and of all steps; bytes done in this step, and of all of it */
  return g_strdup_printf (_("Step %u of %u, %s of %s"), step.number, step.n, bytes, total);
}

const char *
coffer_storage_get_failure_words (CofferStorageJob job)
{
  switch (job)
    {
    case COFFER_STORAGE_COMPACT:
      return _("Not compacted");
    case COFFER_STORAGE_CONVERT:
      return _("Not converted");
    case COFFER_STORAGE_COPY:
      return _("Not copied");
    case COFFER_STORAGE_CHECK:
      return _("Not checked");
    case COFFER_STORAGE_JOURNAL:
      return _("Journal not changed");
    case COFFER_STORAGE_OPTIMIZE:
      return _("Not optimized");
    case COFFER_STORAGE_WIPE:
      return _("Not wiped");
    case COFFER_STORAGE_SALVAGE:
      return _("Nothing was saved");
    case COFFER_STORAGE_CHECKPOINT:
    case COFFER_STORAGE_IDLE:
    default:
      return _("Log not moved");
    }
}

/* Of a vault that was looked at, or whose damage is why it was copied, nobody knows more than before. */
const char *
coffer_storage_get_cancelled_words (CofferStorageJob job)
{
  if (job == COFFER_STORAGE_COPY || job == COFFER_STORAGE_SALVAGE)
    return _("Cancelled. No copy was left behind.");
  if (job == COFFER_STORAGE_CHECK)
    return _("Cancelled. Nothing was changed.");
  if (job == COFFER_STORAGE_CHECKPOINT)
    return _("Cancelled. What was moved into the main file stays there.");
  return _("Cancelled. The vault is whole.");
}

char *
coffer_storage_dup_others (const CofferCompactPlan *plan)
{
  /* Translators: a program, and the number of its process */
  g_autofree char *program = plan->program != NULL ? g_strdup_printf (_("%s (process %d)"), plan->program, plan->pid) : NULL;
  const char *who = program != NULL ? program : _("Another program");
  g_autofree char *open = NULL;

  if (plan->log_held)
    return g_strdup_printf (_("%s holds the write-ahead log. Nothing comes back before it lets go; Checkpoint then."), who);
  open = plan->program != NULL ? g_strdup_printf (_("%s (process %d) has the vault open. Close it there for the quickest way."), plan->program,
                                                 plan->pid)
                               : g_strdup (_("Another program has the vault open. Close it there for the quickest way."));
  if (plan->freed == 0 || plan->log_size <= plan->freed / 2)
    return g_steal_pointer (&open);
  /* Translators: behind who has the vault open */
  return g_strdup_printf (_("%s Most of it is the write-ahead log: Checkpoint gives it back."), open);
}

/* What was written in vain for now is no success. */
char *
coffer_storage_dup_freed (const CofferCompactResult *done)
{
  g_autofree char *freed = g_format_size (done->complete ? done->before - MIN (done->after, done->before) : done->freed);

  if (done->complete && done->log_in_use && done->after >= done->before)
    return g_strdup (_("Nothing freed yet"));
  return g_strdup_printf (_("Freed %s"), freed);
}

static char *
describe_check (const CofferInspection *check)
{
  g_autofree char *n = g_strdup_printf ("%'" G_GUINT64_FORMAT, check->n_damages);

  if (check->n_damages == 0)
    return g_strdup (_("No damage found"));
  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s damage found: Storage tells where", "%s damages found: Storage tells where",
                                       check->n_damages), n);
}

char *
coffer_storage_dup_salvaged (CofferStorage *self)
{
  GFile *target;
  const CofferSalvage *salvage = coffer_storage_get_salvage (self, &target);
  g_autofree char *saved = NULL, *bytes = NULL, *lost = NULL, *name = NULL;

  if (salvage == NULL)
    return NULL;
  saved = g_strdup_printf ("%'" G_GUINT64_FORMAT, salvage->saved);
  bytes = g_format_size (salvage->bytes);
  lost = g_strdup_printf ("%'" G_GUINT64_FORMAT, salvage->lost);
  name = g_file_get_parse_name (target);
  /* Translators: keys, the bytes of their values, a file, and other keys */
  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s key (%s) is in %s. Could not be read: %s",
                                       "%s keys (%s) are in %s. Could not be read: %s", (gulong) salvage->saved), saved, bytes, name, lost);
}

/* That it could not be emptied, and through whom. (transfer full) (nullable) */
static char *
describe_checkpoint (CofferLogHolder *holder)
{
  const char *name;
  int pid;

  if (holder == NULL)
    return NULL;
  pid = coffer_log_holder_get_pid (holder, &name);
  if (pid != 0 && *name != '\0')
    /* Translators: a program, and its number */
    return g_strdup_printf (_("Log not emptied: %s (process %d) needs it"), name, pid);
  if (pid == 0 && coffer_log_holder_is_own (holder))
    return g_strdup (_("Log not emptied: this program reads the vault"));
  return g_strdup (_("Log not emptied: another program needs it"));
}

/* Of what takes its time. (transfer full) (nullable) */
static char *
describe_success (CofferStorage    *self,
                  CofferStorageJob  job)
{
  const CofferCompactResult *done;
  const CofferInspection *check;
  const char *problem;
  CofferSpace before;
  GDateTime *when;
  double seconds;

  switch (job)
    {
    case COFFER_STORAGE_COMPACT:
      done = coffer_storage_get_compacted (self, &seconds, &before);
      return done != NULL ? coffer_storage_dup_freed (done) : NULL;
    case COFFER_STORAGE_COPY:
      return coffer_storage_get_copied (self, &problem) != NULL ? g_strdup (_("The copy is saved")) : NULL;
    case COFFER_STORAGE_CONVERT:
      return coffer_storage_get_converted (self, &problem) ? g_strdup (_("The table is converted")) : NULL;
    case COFFER_STORAGE_CHECK:
      check = coffer_storage_get_check (self, &when);
      return check != NULL ? describe_check (check) : NULL;
    case COFFER_STORAGE_SALVAGE:
      return coffer_storage_dup_salvaged (self);
    case COFFER_STORAGE_WIPE:
      return g_strdup (_("Free space is wiped"));
    case COFFER_STORAGE_CHECKPOINT:
      return describe_checkpoint (coffer_storage_get_log_holder (self));
    case COFFER_STORAGE_JOURNAL:
    case COFFER_STORAGE_OPTIMIZE:
    case COFFER_STORAGE_IDLE:
    default:
      return NULL;
    }
}

char *
coffer_storage_dup_end_words (CofferStorage    *self,
                              CofferStorageJob  job)
{
  CofferStorageJob failed;
  const GError *error = coffer_storage_get_job_error (self, &failed);

  if (error == NULL)
    return describe_success (self, job);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return NULL;
  return g_strdup_printf ("%s: %s", coffer_storage_get_failure_words (failed), error->message);
}
