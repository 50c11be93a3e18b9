/* SPDX-License-Identifier: MIT */
/* What is being done to a file, in words for the window "Storage" and for the status bar. Main thread. */
#define G_LOG_DOMAIN "coffer-storage"

#include "coffer-storage-words.h"

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

const char *
coffer_storage_get_job_words (CofferStorage *self)
{
  switch (coffer_storage_get_job (self))
    {
    case COFFER_STORAGE_COMPACT:
      return coffer_storage_can_cancel (self) ? _("Compacting") : _("Writing it back; this cannot be stopped");
    case COFFER_STORAGE_CONVERT:
      return _("Converting the table");
    case COFFER_STORAGE_COPY:
      return _("Copying and comparing");
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

double
coffer_storage_get_fraction (CofferStorage *self)
{
  CofferStep step;

  coffer_storage_get_step (self, &step);
  if (step.bytes_total == G_MAXUINT64 || step.bytes_total == 0)
    return -1;
  return MIN (1.0, (double) step.bytes / (double) step.bytes_total);
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

/* (transfer full) (nullable) */
static char *
describe_success (CofferStorage    *self,
                  CofferStorageJob  job)
{
  const char *problem;
  double seconds;
  CofferSpace before;
  const CofferCompactResult *done = coffer_storage_get_compacted (self, &seconds, &before);
  g_autofree char *freed = NULL;

  if (job == COFFER_STORAGE_COPY && coffer_storage_get_copied (self, &problem) != NULL)
    return g_strdup (_("The copy is saved"));
  if (job == COFFER_STORAGE_CONVERT && coffer_storage_get_converted (self, &problem))
    return g_strdup (_("The table is converted"));
  if (job != COFFER_STORAGE_COMPACT || done == NULL)
    return NULL;
  freed = g_format_size (done->complete ? done->before - MIN (done->after, done->before) : done->freed);
  return g_strdup_printf (_("Freed %s"), freed);
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
