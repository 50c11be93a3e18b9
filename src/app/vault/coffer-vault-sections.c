/* SPDX-License-Identifier: MIT */
/*
 * What a file holds: looked at once when it is opened, and counted behind. Functions marked "lane" run on a lane's thread;
 * the rest on the main thread.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-vault-private.h"

#include "coffer-error-private.h"

#include <glib/gi18n-lib.h>

/* Counting everything waits so long for the walk over the table on show, which gives one of the counts. */
#define COUNT_PATIENCE_MS 1000

void
coffer_overview_free (CofferOverview *overview)
{
  g_ptr_array_unref (overview->sections);
  g_free (overview->table);
  g_free (overview);
}

/* Lane. Why nobody could write here. */
static const char *
find_file_reason (kvault *vault)
{
  switch (kvault_obstacle_get (vault))
    {
    case KVAULT_OBSTACLE_FILE:
      return _("The file cannot be written");
    case KVAULT_OBSTACLE_FOLDER:
      return _("The folder cannot be written");
    case KVAULT_OBSTACLE_FILE_SYSTEM:
      return _("It is on a read-only file system");
    case KVAULT_OBSTACLE_NONE:
    default:
      return NULL;
    }
}

/* Lane. */
gpointer
coffer_overview_worker (kvault        *vault,
                        gpointer       data,
                        GCancellable  *cancellable,
                        GError       **error)
{
  CofferOverview *overview;
  const kvault_section *sections;
  size_t n;
  int rc;

  if ((rc = kvault_sections (vault, &sections, &n)) != KVAULT_OK)
    {
      *error = coffer_error_new (vault, rc);
      return NULL;
    }
  overview = g_new0 (CofferOverview, 1);
  overview->sections = g_ptr_array_new_with_free_func (g_object_unref);
  for (size_t i = 0; i < n; i++)
    g_ptr_array_add (overview->sections, coffer_section_new (&sections[i]));
  overview->table = g_strdup (kvault_table (vault));
  overview->file_reason = find_file_reason (vault);
  return overview;
}

/* Lane. */
static gpointer
count_worker (kvault        *vault,
              gpointer       data,
              GCancellable  *cancellable,
              GError       **error)
{
  CofferSection *section = data;
  uint64_t *count = g_new (uint64_t, 1);
  int rc;

  rc = coffer_section_is_vault (section) ? kvault_count (vault, count)
                                         : kvault_section_count (vault, coffer_section_get_name (section), count);
  if (rc == KVAULT_OK)
    return count;
  *error = coffer_error_new (vault, rc);
  g_free (count);
  return NULL;
}

static void
counted_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  g_autoptr(CofferSection) section = data;
  CofferVault *self = COFFER_VAULT (source);
  g_autoptr(GError) error = NULL;
  g_autofree uint64_t *count = coffer_vault_run_finish (self, result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_ptr_array_remove (self->uncounted, section);
  if (count != NULL)
    coffer_section_set_count (section, *count);
}

static gboolean
count_cb (gpointer data)
{
  CofferVault *self = data;

  self->count_id = 0;
  for (guint i = 0; i < self->uncounted->len; i++)
    {
      CofferSection *section = g_ptr_array_index (self->uncounted, i);

      coffer_vault_run_async (self, COFFER_LANE_BACKGROUND,
                              coffer_section_is_vault (section) ? coffer_section_get_name (section) : NULL, count_worker,
                              g_object_ref (section), g_object_unref, g_free, self->counting, counted_cb,
                              g_object_ref (section));
    }
  return G_SOURCE_REMOVE;
}

void
coffer_vault_stop_counting (CofferVault *self)
{
  g_clear_handle_id (&self->count_id, g_source_remove);
  g_cancellable_cancel (self->counting);
  g_clear_object (&self->counting);
}

void
coffer_vault_put_off_counting (CofferVault *self)
{
  if (self->uncounted->len == 0)
    return;
  coffer_vault_stop_counting (self);
  self->counting = g_cancellable_new ();
  self->count_id = g_timeout_add (COUNT_PATIENCE_MS, count_cb, self);
  g_source_set_name_by_id (self->count_id, "[coffer] count");
}

void
coffer_vault_start_counting (CofferVault *self)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->sections));

  coffer_vault_stop_counting (self);
  g_ptr_array_set_size (self->uncounted, 0);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr(CofferSection) section = g_list_model_get_item (G_LIST_MODEL (self->sections), i);

      if (coffer_section_get_kind (section) > KVAULT_SECTION_V2 || coffer_section_is_vault (section))
        g_ptr_array_add (self->uncounted, g_steal_pointer (&section));
    }
  coffer_vault_put_off_counting (self);
}

void
coffer_vault_note_count (CofferVault *self,
                         const char  *table,
                         guint64      n)
{
  guint n_sections = g_list_model_get_n_items (G_LIST_MODEL (self->sections));

  for (guint i = 0; i < n_sections; i++)
    {
      g_autoptr(CofferSection) section = g_list_model_get_item (G_LIST_MODEL (self->sections), i);

      if (!coffer_section_is_vault (section) || g_strcmp0 (coffer_section_get_name (section), table) != 0)
        continue;
      g_ptr_array_remove (self->uncounted, section);
      coffer_section_set_count (section, n);
    }
  if (self->count_id != 0)
    {
      g_clear_handle_id (&self->count_id, g_source_remove);
      count_cb (self);
    }
}
