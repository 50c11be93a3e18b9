/* SPDX-License-Identifier: MIT */
/*
 * Many values, one after the other, on the lanes for thumbnails and the one for exports. A reader lives on the lane's thread for one run of the
 * caller's function. The handle is asked before each value whether the file at the path is still its own: a run may last as long
 * as somebody scrolls, and a lane looks only between jobs.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-vault-private.h"

#include "coffer-entry-walk.h"
#include "coffer-error-private.h"
#include "coffer-value-stream.h"

#include <glib/gi18n-lib.h>

typedef struct {
  CofferReaderFunc func;
  gpointer data;
  GDestroyNotify data_free;
} Run;

static void
run_free (gpointer data)
{
  Run *run = data;

  if (run->data_free != NULL)
    run->data_free (run->data);
  g_free (run);
}

/* Lane. */
static gpointer
read_values_worker (kvault        *vault,
                    gpointer       data,
                    GCancellable  *cancellable,
                    GError       **error)
{
  Run *run = data;
  CofferValueReader reader = { .vault = vault };
  gboolean done = run->func (&reader, run->data, cancellable, error);

  g_assert (done || *error != NULL);
  coffer_value_reader_close (&reader);
  g_clear_pointer (&reader.held, kvault_cursor_close);
  return GINT_TO_POINTER (done);
}

void
coffer_vault_run_reader_async (CofferVault         *self,
                               CofferLane           lane,
                               const char          *table,
                               CofferReaderFunc     func,
                               gpointer             data,
                               GDestroyNotify       data_free,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data)
{
  Run *run = g_new (Run, 1);

  *run = (Run) { func, data, data_free };
  if (lane == COFFER_LANE_SCAN)   /* it looks at the file in its own order */
    coffer_vault_run_settled_async (self, lane, table, FALSE, read_values_worker, run, run_free, NULL, cancellable, callback, user_data);
  else
    coffer_vault_run_async (self, lane, table, read_values_worker, run, run_free, NULL, cancellable, callback, user_data);
}

void
coffer_vault_read_values_async (CofferVault         *self,
                                guint                lane,
                                const char          *table,
                                CofferReaderFunc     func,
                                gpointer             data,
                                GDestroyNotify       data_free,
                                GCancellable        *cancellable,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data)
{
  g_return_if_fail (COFFER_IS_VAULT (self) && table != NULL && func != NULL);
  g_return_if_fail (lane < COFFER_MAX_THUMB_LANES);

  coffer_vault_run_reader_async (self, COFFER_LANE_THUMBS + lane, table, func, data, data_free, cancellable, callback, user_data);
}

void
coffer_vault_export_values_async (CofferVault         *self,
                                  const char          *table,
                                  CofferReaderFunc     func,
                                  gpointer             data,
                                  GDestroyNotify       data_free,
                                  GCancellable        *cancellable,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data)
{
  g_return_if_fail (COFFER_IS_VAULT (self) && table != NULL && func != NULL);

  coffer_vault_run_reader_async (self, COFFER_LANE_EXPORT, table, func, data, data_free, cancellable, callback, user_data);
}

gboolean
coffer_vault_read_values_finish (CofferVault   *self,
                                 GAsyncResult  *result,
                                 GError       **error)
{
  return coffer_vault_run_finish (self, result, error) != NULL;
}

guint
coffer_vault_get_n_thumb_lanes (void)
{
  static guint n_lanes;

  if (n_lanes == 0)   /* asking reads a file */
    n_lanes = CLAMP (g_get_num_processors () / 2, 1, COFFER_MAX_THUMB_LANES);
  return n_lanes;
}

static CofferValueFacts *
read_bare_facts (kvault       *vault,
                 kvault_blob  *blob,
                 GError      **error)
{
  guint8 head[KVAULT_HEADER_SIZE];
  guint64 size = kvault_blob_size (blob);
  gsize len = MIN (size, sizeof head);
  CofferValueFacts *facts;
  int rc = kvault_blob_read (blob, head, len, 0);

  if (rc != KVAULT_OK)
    {
      *error = coffer_error_new (vault, rc);
      return NULL;
    }
  facts = coffer_value_facts_new_bare (kvault_table_kind (vault), head, len, size);
  facts->value_class = kvault_blob_class (blob);
  return facts;
}

static GInputStream *
open_value (CofferValueReader  *self,
            CofferKey          *key,
            gboolean            bare,
            CofferValueFacts  **facts,
            GCancellable       *cancellable,
            GError            **error)
{
  kvault_entry entry = coffer_key_to_entry (key);
  g_autoptr(GError) problem = NULL;
  kvault_blob *blob = NULL;
  uint64_t version;
  int rc;

  *facts = NULL;
  g_return_val_if_fail (self->stream == NULL, NULL);

  if ((rc = kvault_data_version (self->vault, &version)) != KVAULT_OK ||
      (rc = kvault_blob_open_entry (self->vault, &entry, &blob)) != KVAULT_OK)
    {
      g_propagate_error (error, coffer_error_new (self->vault, rc));
      return NULL;
    }
  *facts = bare ? read_bare_facts (self->vault, blob, &problem) : coffer_value_facts_read (self->vault, blob, &problem);
  if (*facts == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      kvault_blob_close (blob);
      return NULL;
    }
  self->stream = coffer_value_stream_new (self->vault, blob, cancellable);
  return g_object_ref (self->stream);
}

GInputStream *
coffer_value_reader_open (CofferValueReader  *self,
                          CofferKey          *key,
                          CofferValueFacts  **facts,
                          GCancellable       *cancellable,
                          GError            **error)
{
  return open_value (self, key, FALSE, facts, cancellable, error);
}

GInputStream *
coffer_value_reader_open_bare (CofferValueReader  *self,
                               CofferKey          *key,
                               CofferValueFacts  **facts,
                               GCancellable       *cancellable,
                               GError            **error)
{
  return open_value (self, key, TRUE, facts, cancellable, error);
}

/* Where ids of rows are the keys they have no others. */
gboolean
coffer_value_reader_finds_by_bytes (CofferValueReader *self,
                                    CofferKey         *key)
{
  kvault_section_kind kind = kvault_table_kind (self->vault);

  return coffer_key_is_blob (key) || (kind != KVAULT_SECTION_V1 && kind != KVAULT_SECTION_V2);
}

void
coffer_value_reader_close (CofferValueReader *self)
{
  if (self->stream == NULL)
    return;
  coffer_value_stream_release (COFFER_VALUE_STREAM (self->stream));
  g_clear_object (&self->stream);
}

GPtrArray *
coffer_value_reader_list (CofferValueReader  *self,
                          GBytes             *prefix,
                          CofferKey          *after,
                          guint               n_keys,
                          GError            **error)
{
  CofferScope scope = { .prefix = prefix };
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  g_autoptr(kvault_cursor) cursor = NULL;
  const kvault_entry *entry;
  int rc = coffer_scope_open_cursor (&scope, self->vault, after, KVAULT_CURSOR_IDS | (after != NULL ? KVAULT_CURSOR_AFTER : 0), &cursor);

  while (rc == KVAULT_OK && keys->len < n_keys && (rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK)
    g_ptr_array_add (keys, coffer_key_new_from_entry (entry));
  if (rc == KVAULT_OK || rc == KVAULT_NOTFOUND)
    return g_steal_pointer (&keys);
  g_propagate_error (error, coffer_error_new (self->vault, rc));
  return NULL;
}

gboolean
coffer_value_reader_is_lost (const GError *error)
{
  return g_error_matches (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ESTALE)) ||
         g_error_matches (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EMOVED));
}
