/* SPDX-License-Identifier: MIT */
/*
 * What rare work on a file as a whole is asked for, and how far it is. Functions marked "lane" run on a lane's thread, the rest on the main
 * thread.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-wish-private.h"

#include "coffer-cache-private.h"
#include "coffer-vault-private.h"

CofferWish *
coffer_wish_new (CofferProgress *progress)
{
  CofferWish *self = g_new0 (CofferWish, 1);

  self->progress = progress != NULL ? coffer_progress_ref (progress) : NULL;
  return self;
}

void
coffer_wish_free (gpointer data)
{
  CofferWish *self = data;

  g_clear_pointer (&self->progress, coffer_progress_unref);
  g_clear_pointer (&self->shelf, kvault_shelf_unref);
  g_free (self->target);
  g_strfreev (self->open_paths);
  g_free (self);
}

void
coffer_wish_set_target (CofferWish *self,
                        GFile      *target)
{
  self->target = g_file_get_path (target);
  self->open_paths = coffer_vault_dup_open_paths ();
}

void
coffer_wish_add_waiting (CofferWish  *self,
                         CofferVault *vault)
{
  if (!coffer_cache_is_stale (vault->cache))
    self->shelf = kvault_shelf_ref (coffer_cache_get_shelf (vault->cache));
}

/* Lane. */
guint64
coffer_wish_count_waiting (const CofferWish *self,
                           const char       *table,
                           guint64          *n_flushes)
{
  kvault_shelf_stats stats = { 0 };

  if (self->shelf != NULL)
    kvault_shelf_stats_get (self->shelf, table, &stats);
  if (n_flushes != NULL)
    *n_flushes = stats.flushes;
  return stats.entries;
}

/* Lane. */
void
coffer_wish_tell (const CofferWish *self,
                  guint64           bytes,
                  guint64           bytes_total)
{
  CofferStep *step;

  if (self->progress == NULL)
    return;
  step = g_new (CofferStep, 1);
  *step = (CofferStep) { .bytes = bytes, .bytes_total = bytes_total };
  coffer_progress_tell (self->progress, step);
}

/* The engine knows them by the same numbers. */
G_STATIC_ASSERT (COFFER_STEP_COPY == (int) KVAULT_STEP_COPY && COFFER_STEP_CHECK == (int) KVAULT_STEP_CHECK &&
                 COFFER_STEP_COMPARE == (int) KVAULT_STEP_COMPARE && COFFER_STEP_PLACE == (int) KVAULT_STEP_PLACE &&
                 COFFER_STEP_WRITE_BACK == (int) KVAULT_STEP_WRITE_BACK && COFFER_STEP_MOVE == (int) KVAULT_STEP_MOVE);

/* Lane. */
int
coffer_wish_progress_cb (const kvault_progress *progress,
                         void                  *data)
{
  const CofferWish *self = data;
  CofferStep *step;

  if (self->progress == NULL)
    return 0;
  step = g_new (CofferStep, 1);
  *step = (CofferStep) {
    .bytes = progress->bytes, .bytes_total = progress->bytes_total, .kind = (CofferStepKind) progress->step, .number = progress->step_number,
    .n = progress->n_steps, .fraction = progress->fraction,
  };
  coffer_progress_tell (self->progress, step);
  return 0;
}
