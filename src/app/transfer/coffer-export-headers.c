/* SPDX-License-Identifier: MIT */
/* Whether there are headers to be kept: a look at the beginnings of values, as long as it is short. */
#define G_LOG_DOMAIN "coffer-transfer"

#include "coffer-export-headers.h"

#define PATIENCE_US (150 * G_TIME_SPAN_MILLISECOND)

typedef struct {
  GPtrArray *keys;
  gboolean found;              /* or not known to be none */
} Search;

static void
search_free (gpointer data)
{
  Search *search = data;

  coffer_keys_unref (search->keys);
  g_free (search);
}

static gboolean
has_header (CofferValueReader *reader,
            CofferKey         *key,
            GCancellable      *cancellable)
{
  g_autoptr(CofferValueFacts) facts = NULL;
  g_autoptr(GInputStream) stream = coffer_value_reader_open_bare (reader, key, &facts, cancellable, NULL);
  gboolean has = stream == NULL || facts->has_header;

  coffer_value_reader_close (reader);
  return has;
}

/* Lane. */
static gboolean
find_headers (CofferValueReader  *reader,
              gpointer            data,
              GCancellable       *cancellable,
              GError            **error)
{
  Search *search = data;
  gint64 until = g_get_monotonic_time () + PATIENCE_US;

  search->found = FALSE;
  for (guint i = 0; i < search->keys->len && !search->found; i++)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      search->found = g_get_monotonic_time () > until || has_header (reader, g_ptr_array_index (search->keys, i), cancellable);
    }
  return TRUE;
}

static void
found_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(GTask) task = data;
  Search *search = g_task_get_task_data (task);

  g_task_return_boolean (task, !coffer_vault_read_values_finish (COFFER_VAULT (source), result, NULL) || search->found);
}

void
coffer_export_find_headers_async (CofferVault         *vault,
                                  GPtrArray           *keys,
                                  GCancellable        *cancellable,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data)
{
  GTask *task = g_task_new (vault, NULL, callback, user_data);
  Search *search = g_new (Search, 1);

  g_task_set_source_tag (task, coffer_export_find_headers_async);
  *search = (Search) { g_ptr_array_ref (keys), TRUE };
  g_task_set_task_data (task, search, search_free);
  coffer_vault_read_values_async (vault, 0, coffer_vault_get_table (vault), find_headers, search, NULL, cancellable, found_cb, task);
}

gboolean
coffer_export_find_headers_finish (CofferVault  *vault,
                                   GAsyncResult *result)
{
  g_return_val_if_fail (g_task_is_valid (result, vault), TRUE);

  return g_task_propagate_boolean (G_TASK (result), NULL);
}
