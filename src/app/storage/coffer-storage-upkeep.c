/* SPDX-License-Identifier: MIT */
/* The rare jobs of CofferStorage, and what came of them. Main thread. */
#define G_LOG_DOMAIN "coffer-storage"

#include "coffer-storage-upkeep.h"

#include "coffer-storage-private.h"

typedef struct {
  GDateTime *optimized_at;
  GDateTime *wiped_at;
  GFile *target;                   /* of the salvage under way */
  GFile *salvaged;                 /* NULL: nothing was saved */
  CofferSalvage salvage;
} Upkeep;

static void
upkeep_free (gpointer data)
{
  Upkeep *upkeep = data;

  g_clear_pointer (&upkeep->optimized_at, g_date_time_unref);
  g_clear_pointer (&upkeep->wiped_at, g_date_time_unref);
  g_clear_object (&upkeep->target);
  g_clear_object (&upkeep->salvaged);
  g_free (upkeep);
}

static Upkeep *
get_upkeep (CofferStorage *self)
{
  static GQuark quark;
  Upkeep *upkeep;

  if (quark == 0)
    quark = g_quark_from_static_string ("coffer-storage-upkeep");
  upkeep = g_object_get_qdata (G_OBJECT (self), quark);
  if (upkeep == NULL)
    {
      upkeep = g_new0 (Upkeep, 1);
      g_object_set_qdata_full (G_OBJECT (self), quark, upkeep, upkeep_free);
    }
  return upkeep;
}

static void
note_time (GDateTime **when)
{
  g_clear_pointer (when, g_date_time_unref);
  *when = g_date_time_new_now_local ();
}

/* ---- the journal ---- */

static void
journal_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(CofferStorage) self = user_data;
  GError *error = NULL;

  coffer_vault_set_journal_finish (COFFER_VAULT (source), result, &error);
  coffer_storage_end (self, error);
}

void
coffer_storage_set_journal (CofferStorage *self,
                            gboolean       wal)
{
  GCancellable *cancellable;
  CofferProgress *progress;

  g_return_if_fail (COFFER_IS_STORAGE (self));

  if ((cancellable = coffer_storage_begin (self, COFFER_STORAGE_JOURNAL, &progress)) != NULL)
    coffer_vault_set_journal_async (coffer_storage_get_vault (self), wal, cancellable, journal_cb, g_object_ref (self));
}

/* ---- statistics ---- */

static void
optimize_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr(CofferStorage) self = user_data;
  GError *error = NULL;

  if (coffer_vault_optimize_finish (COFFER_VAULT (source), result, &error))
    note_time (&get_upkeep (self)->optimized_at);
  coffer_storage_end (self, error);
}

void
coffer_storage_optimize (CofferStorage *self)
{
  GCancellable *cancellable;
  CofferProgress *progress;

  g_return_if_fail (COFFER_IS_STORAGE (self));

  if ((cancellable = coffer_storage_begin (self, COFFER_STORAGE_OPTIMIZE, &progress)) != NULL)
    coffer_vault_optimize_async (coffer_storage_get_vault (self), cancellable, optimize_cb, g_object_ref (self));
}

GDateTime *
coffer_storage_get_optimized (CofferStorage *self)
{
  return get_upkeep (self)->optimized_at;
}

/* ---- wiping ---- */

static void
wipe_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr(CofferStorage) self = user_data;
  GError *error = NULL;

  if (coffer_vault_wipe_finish (COFFER_VAULT (source), result, &error))
    note_time (&get_upkeep (self)->wiped_at);
  coffer_storage_end (self, error);
}

void
coffer_storage_wipe (CofferStorage *self)
{
  GCancellable *cancellable;
  CofferProgress *progress;

  g_return_if_fail (COFFER_IS_STORAGE (self));

  if ((cancellable = coffer_storage_begin (self, COFFER_STORAGE_WIPE, &progress)) == NULL)
    return;
  g_clear_pointer (&get_upkeep (self)->wiped_at, g_date_time_unref);
  coffer_vault_wipe_async (coffer_storage_get_vault (self), progress, cancellable, wipe_cb, g_object_ref (self));
}

GDateTime *
coffer_storage_get_wiped (CofferStorage *self)
{
  return get_upkeep (self)->wiped_at;
}

/* ---- saving what can be read ---- */

static void
salvage_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(CofferStorage) self = user_data;
  Upkeep *upkeep = get_upkeep (self);
  GError *error = NULL;

  if (coffer_vault_salvage_finish (COFFER_VAULT (source), result, &upkeep->salvage, &error))
    g_set_object (&upkeep->salvaged, upkeep->target);
  g_clear_object (&upkeep->target);
  coffer_storage_end (self, error);
}

gboolean
coffer_storage_salvage (CofferStorage *self,
                        GFile         *target)
{
  Upkeep *upkeep;
  GCancellable *cancellable;
  CofferProgress *progress;

  g_return_val_if_fail (COFFER_IS_STORAGE (self), FALSE);
  g_return_val_if_fail (g_file_peek_path (target) != NULL, FALSE);

  if ((cancellable = coffer_storage_begin (self, COFFER_STORAGE_SALVAGE, &progress)) == NULL)
    return FALSE;
  upkeep = get_upkeep (self);
  g_clear_object (&upkeep->salvaged);
  upkeep->target = g_object_ref (target);
  coffer_vault_salvage_async (coffer_storage_get_vault (self), target, progress, cancellable, salvage_cb, g_object_ref (self));
  return TRUE;
}

const CofferSalvage *
coffer_storage_get_salvage (CofferStorage  *self,
                            GFile         **target)
{
  Upkeep *upkeep = get_upkeep (self);

  *target = upkeep->salvaged;
  return upkeep->salvaged != NULL ? &upkeep->salvage : NULL;
}
