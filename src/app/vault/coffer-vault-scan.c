/* SPDX-License-Identifier: MIT */
/*
 * Rows by their ids, for whoever looks through all values of a table: a number a row is all that is kept of millions. A walk is in short
 * pieces, each with a cursor of its own, so that no read transaction keeps the log from being written back for minutes.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-vault-scan.h"

#include "coffer-entry-walk.h"
#include "coffer-error-private.h"
#include "coffer-value-stream.h"

#define WALK_US (40 * 1000)
#define ROWS_AT_ONCE 256   /* between two looks at the clock */
#define HELD_ROWS 256      /* that are looked at in one read transaction: one for each takes ten times as long */

void
coffer_vault_scan_values_async (CofferVault         *self,
                                const char          *table,
                                CofferReaderFunc     func,
                                gpointer             data,
                                GDestroyNotify       data_free,
                                GCancellable        *cancellable,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data)
{
  g_return_if_fail (COFFER_IS_VAULT (self) && table != NULL && func != NULL);

  coffer_vault_run_reader_async (self, COFFER_LANE_SCAN, table, func, data, data_free, cancellable, callback, user_data);
}

void
coffer_row_walk_clear (CofferRowWalk *self)
{
  g_clear_pointer (&self->key, coffer_key_unref);
  *self = (CofferRowWalk) { 0 };
}

static void
let_go (CofferValueReader *self)
{
  g_clear_pointer (&self->held, kvault_cursor_close);
  self->n_held = 0;
}

static int
open_cursor (CofferValueReader    *self,
             GBytes               *prefix,
             const CofferRowWalk  *walk,
             kvault_cursor       **cursor)
{
  CofferScope scope = { .prefix = prefix };
  kvault_cursor_options options = { .flags = KVAULT_CURSOR_STORED };

  if (prefix != NULL)
    return coffer_scope_open_cursor (&scope, self->vault, walk->key,
                                     KVAULT_CURSOR_SIZES | (walk->key != NULL ? KVAULT_CURSOR_AFTER : 0), cursor);
  if (walk->begun)
    {
      options.has_start = TRUE;
      options.start_id = walk->id + 1;
    }
  return kvault_cursor_open (self->vault, &options, cursor);
}

static int
walk_on (kvault_cursor *cursor,
         CofferRowWalk *walk,
         gboolean       keeps_key,
         CofferRowFunc  func,
         gpointer       data)
{
  gint64 deadline = g_get_monotonic_time () + WALK_US;
  const kvault_entry *entry;
  int rc = KVAULT_OK;

  do
    {
      for (guint i = 0; i < ROWS_AT_ONCE && (rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK; i++)
        {
          func (entry->id, entry->result == KVAULT_OK ? entry->value_size : G_MAXUINT64, data);
          walk->begun = TRUE;
          walk->id = entry->id;
          if (keeps_key)
            {
              g_clear_pointer (&walk->key, coffer_key_unref);
              walk->key = coffer_key_new_from_entry (entry);
            }
        }
    }
  while (rc == KVAULT_OK && walk->id < G_MAXINT64 && g_get_monotonic_time () < deadline);
  return walk->begun && walk->id == G_MAXINT64 && !keeps_key ? KVAULT_NOTFOUND : rc;
}

gboolean
coffer_value_reader_walk (CofferValueReader  *self,
                          GBytes             *prefix,
                          CofferRowWalk      *walk,
                          CofferRowFunc       func,
                          gpointer            data,
                          GError            **error)
{
  g_autoptr(kvault_cursor) cursor = NULL;
  uint64_t version;
  int rc;

  let_go (self);
  if ((rc = kvault_data_version (self->vault, &version)) == KVAULT_OK && (rc = open_cursor (self, prefix, walk, &cursor)) == KVAULT_OK)
    rc = walk_on (cursor, walk, prefix != NULL, func, data);
  walk->ended = rc == KVAULT_NOTFOUND;
  if (rc == KVAULT_OK || rc == KVAULT_NOTFOUND)
    return TRUE;
  g_propagate_error (error, coffer_error_new (self->vault, rc));
  return FALSE;
}

/* Before a row is looked at that is one of many. */
static int
hold (CofferValueReader *self)
{
  uint64_t version;
  int rc;

  if (self->held != NULL && self->n_held++ < HELD_ROWS)
    return KVAULT_OK;
  let_go (self);
  if ((rc = kvault_data_version (self->vault, &version)) == KVAULT_OK)
    self->held = coffer_hold_cursor (self->vault);
  return rc;
}

CofferKey *
coffer_value_reader_find (CofferValueReader  *self,
                          gint64              id,
                          guint64            *size,
                          GError            **error)
{
  kvault_entry entry;
  int rc = hold (self);

  if (rc == KVAULT_OK && (rc = kvault_entry_by_id (self->vault, id, KVAULT_CURSOR_SIZES, &entry)) == KVAULT_OK)
    rc = entry.result;
  if (rc != KVAULT_OK)
    {
      g_propagate_error (error, coffer_error_new (self->vault, rc));
      return NULL;
    }
  *size = entry.value_size;
  return coffer_key_new_from_entry (&entry);
}

gboolean
coffer_value_reader_head_row (CofferValueReader  *self,
                              gint64              id,
                              gpointer            buf,
                              gsize               room,
                              gsize              *len,
                              guint64            *size,
                              GError            **error)
{
  kvault_entry entry;
  int rc = hold (self);

  if (rc == KVAULT_OK && (rc = kvault_entry_by_id (self->vault, id, 0, &entry)) == KVAULT_OK)
    rc = kvault_head (self->vault, &entry, buf, room, len, size);
  if (rc == KVAULT_OK)
    return TRUE;
  g_propagate_error (error, coffer_error_new (self->vault, rc));
  return FALSE;
}

GInputStream *
coffer_value_reader_open_row (CofferValueReader  *self,
                              gint64              id,
                              guint64            *size,
                              GCancellable       *cancellable,
                              GError            **error)
{
  kvault_blob *blob = NULL;
  kvault_entry entry;
  uint64_t version;
  int rc;

  g_return_val_if_fail (self->stream == NULL, NULL);

  let_go (self);
  if ((rc = kvault_data_version (self->vault, &version)) != KVAULT_OK ||
      (rc = kvault_entry_by_id (self->vault, id, 0, &entry)) != KVAULT_OK ||
      (rc = kvault_blob_open_entry (self->vault, &entry, &blob)) != KVAULT_OK)
    {
      g_propagate_error (error, coffer_error_new (self->vault, rc));
      return NULL;
    }
  *size = kvault_blob_size (blob);
  self->stream = coffer_value_stream_new (self->vault, blob, cancellable);
  return g_object_ref (self->stream);
}

gboolean
coffer_value_reader_check (CofferValueReader  *self,
                           GError            **error)
{
  uint64_t version;
  int rc;

  let_go (self);
  if ((rc = kvault_data_version (self->vault, &version)) != KVAULT_OK)
    g_propagate_error (error, coffer_error_new (self->vault, rc));
  return rc == KVAULT_OK;
}

gboolean
coffer_value_reader_can_skip (CofferValueReader *self)
{
  kvault_stats stats;

  return kvault_stats_get (self->vault, &stats) == KVAULT_OK && stats.auto_vacuum != 0;
}
