/* SPDX-License-Identifier: MIT */
/*
 * What a file holds: looked at once when it is opened, and counted behind, some tables in a job. Functions marked "lane" run on
 * a lane's thread; the rest on the main thread.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-vault-private.h"

#include "coffer-error-private.h"

#include <glib/gi18n-lib.h>

/* Counting everything waits so long for the walk over the table on show, which gives one of the counts. */
#define COUNT_PATIENCE_MS 1000
#define COUNT_US (50 * 1000)
#define COUNT_PAUSE_US (2 * G_USEC_PER_SEC)
#define COUNT_SECTIONS 256

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
    case KVAULT_OBSTACLE_LOG:
      return _("A vault with a write-ahead log cannot be changed on this disk");
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
  CofferFileState state;
  const kvault_section *sections;
  size_t n;
  int rc;

  coffer_file_state_read (&state, kvault_location (vault));
  if ((rc = kvault_sections (vault, &sections, &n)) != KVAULT_OK)
    {
      *error = coffer_error_new (vault, rc);
      return NULL;
    }
  overview = g_new0 (CofferOverview, 1);
  overview->state = state;
  overview->sections = g_ptr_array_new_with_free_func (g_object_unref);
  for (size_t i = 0; i < n; i++)
    g_ptr_array_add (overview->sections, coffer_section_new (&sections[i]));
  overview->table = g_strdup (kvault_table (vault));
  overview->file_reason = find_file_reason (vault);
  return overview;
}

static gboolean
is_same (CofferSection *a,
         CofferSection *b)
{
  return g_strcmp0 (coffer_section_get_name (a), coffer_section_get_name (b)) == 0 &&
         coffer_section_get_kind (a) == coffer_section_get_kind (b) &&
         coffer_section_has_keys (a) == coffer_section_has_keys (b) &&
         coffer_section_is_writable (a) == coffer_section_is_writable (b) &&
         g_strcmp0 (coffer_section_get_reason (a), coffer_section_get_reason (b)) == 0;
}

/* How many at an end are the same in both, of @max. */
static guint
count_same (GListModel *old,
            GPtrArray  *sections,
            guint       max,
            gboolean    at_end)
{
  guint n_old = g_list_model_get_n_items (old);
  guint n = 0;

  for (; n < max; n++)
    {
      g_autoptr(CofferSection) section = g_list_model_get_item (old, at_end ? n_old - 1 - n : n);

      if (!is_same (section, g_ptr_array_index (sections, at_end ? sections->len - 1 - n : n)))
        break;
    }
  return n;
}

void
coffer_vault_take_sections (CofferVault *self,
                            GPtrArray   *sections)
{
  GListModel *old = G_LIST_MODEL (self->sections);
  guint n_old = g_list_model_get_n_items (old);
  guint max = MIN (n_old, sections->len);
  guint head = count_same (old, sections, max, FALSE);
  guint tail = count_same (old, sections, max - head, TRUE);

  if (head + tail < MAX (n_old, sections->len))
    g_list_store_splice (self->sections, head, n_old - head - tail, sections->pdata + head, sections->len - head - tail);
}

/* Lane. G_MAXUINT64: it cannot be counted. */
static guint64
count_section (kvault        *vault,
               CofferSection *section,
               int           *rc)
{
  const char *name = coffer_section_get_name (section);
  uint64_t count;

  if (!coffer_section_is_vault (section))
    *rc = kvault_section_count (vault, name, &count);
  else if ((*rc = kvault_use_table (vault, name)) == KVAULT_OK)
    *rc = kvault_count (vault, &count);
  return *rc == KVAULT_OK ? count : G_MAXUINT64;
}

/* Lane. The counts of the first of some sections, as many as there is time for. */
static gpointer
count_worker (kvault        *vault,
              gpointer       data,
              GCancellable  *cancellable,
              GError       **error)
{
  GPtrArray *sections = data;
  gint64 deadline = g_get_monotonic_time () + COUNT_US;
  GArray *counts = g_array_new (FALSE, FALSE, sizeof (guint64));

  while (counts->len < sections->len && (counts->len == 0 || g_get_monotonic_time () < deadline))
    {
      int rc;
      guint64 count = count_section (vault, g_ptr_array_index (sections, counts->len), &rc);

      if (rc == KVAULT_ECANCELLED)
        {
          *error = coffer_error_new (vault, rc);
          g_array_unref (counts);
          return NULL;
        }
      g_array_append_val (counts, count);
    }
  return counts;
}

static void count_some (CofferVault *self);

static void
counted_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      data)
{
  g_autoptr(GPtrArray) sections = data;
  CofferVault *self = COFFER_VAULT (source);
  g_autoptr(GError) error = NULL;
  g_autoptr(GArray) counts = coffer_vault_run_finish (self, result, &error);

  if (counts == NULL)   /* cancelled, or the file cannot be opened any more */
    return;
  for (guint i = 0; i < counts->len; i++)
    {
      CofferSection *section = g_ptr_array_index (sections, i);
      guint64 count = g_array_index (counts, guint64, i);

      if (!g_queue_remove (&self->uncounted, section))
        continue;
      if (count != G_MAXUINT64)
        coffer_section_set_count (section, count);
      g_object_unref (section);
    }
  count_some (self);
}

static void
count_some (CofferVault *self)
{
  GPtrArray *sections;

  if (g_queue_is_empty (&self->uncounted))
    {
      self->count_us = g_get_monotonic_time () - self->counted_at;
      return;
    }
  sections = g_ptr_array_new_with_free_func (g_object_unref);
  for (GList *l = self->uncounted.head; l != NULL && sections->len < COUNT_SECTIONS; l = l->next)
    g_ptr_array_add (sections, g_object_ref (l->data));
  coffer_vault_run_async (self, COFFER_LANE_BACKGROUND, NULL, count_worker, g_ptr_array_ref (sections),
                          (GDestroyNotify) g_ptr_array_unref, (GDestroyNotify) g_array_unref, self->counting, counted_cb, sections);
}

static void
return_quiet (CofferVault *self)
{
  g_autoptr(GPtrArray) tasks = g_steal_pointer (&self->quiet_wanted);

  self->quiet_wanted = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < tasks->len; i++)
    if (self->closed)
      g_task_return_new_error (g_ptr_array_index (tasks, i), G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Cancelled"));
    else
      g_task_return_boolean (g_ptr_array_index (tasks, i), TRUE);
}

static void
become_quiet (CofferVault *self)
{
  g_clear_handle_id (&self->count_id, g_source_remove);
  return_quiet (self);
  self->counted_at = g_get_monotonic_time ();
  count_some (self);
}

static gboolean
patience_cb (gpointer data)
{
  CofferVault *self = data;

  self->count_id = 0;
  become_quiet (self);
  return G_SOURCE_REMOVE;
}

void
coffer_vault_stop_counting (CofferVault *self)
{
  g_clear_handle_id (&self->count_id, g_source_remove);
  g_cancellable_cancel (self->counting);
  g_clear_object (&self->counting);
  if (!self->closed)
    return;
  g_clear_handle_id (&self->recount_id, g_source_remove);
  g_queue_clear_full (&self->uncounted, g_object_unref);
  return_quiet (self);
}

void
coffer_vault_put_off_counting (CofferVault *self)
{
  coffer_vault_stop_counting (self);
  if (self->closed)
    return;
  self->counting = g_cancellable_new ();
  self->count_id = g_timeout_add (COUNT_PATIENCE_MS, patience_cb, self);
  g_source_set_name_by_id (self->count_id, "[coffer] count");
}

void
coffer_vault_start_counting (CofferVault *self)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->sections));

  g_clear_handle_id (&self->recount_id, g_source_remove);
  g_queue_clear_full (&self->uncounted, g_object_unref);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr(CofferSection) section = g_list_model_get_item (G_LIST_MODEL (self->sections), i);

      if (coffer_section_get_kind (section) > KVAULT_SECTION_V2 || coffer_section_is_vault (section))
        g_queue_push_tail (&self->uncounted, g_steal_pointer (&section));
    }
  coffer_vault_put_off_counting (self);
}

static gboolean
recount_cb (gpointer data)
{
  CofferVault *self = data;

  self->recount_id = 0;
  coffer_vault_start_counting (self);
  return G_SOURCE_REMOVE;
}

void
coffer_vault_count_soon (CofferVault *self)
{
  gint64 wait = self->counted_at + MAX (COUNT_PAUSE_US, 4 * self->count_us) - g_get_monotonic_time ();

  if (self->recount_id != 0 || self->closed)
    return;
  self->recount_id = g_timeout_add (MAX (wait, 0) / 1000, recount_cb, self);
  g_source_set_name_by_id (self->recount_id, "[coffer] count again");
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

      if (!coffer_section_has_keys (section) || g_strcmp0 (coffer_section_get_name (section), table) != 0)
        continue;
      if (g_queue_remove (&self->uncounted, section))
        g_object_unref (section);
      coffer_section_set_count (section, n);
    }
  if (self->count_id != 0)
    become_quiet (self);
}

void
coffer_vault_await_quiet_async (CofferVault         *self,
                                GCancellable        *cancellable,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, coffer_vault_await_quiet_async);
  g_ptr_array_add (self->quiet_wanted, g_steal_pointer (&task));
  if (self->closed || self->count_id == 0)
    return_quiet (self);
}

gboolean
coffer_vault_await_quiet_finish (CofferVault   *self,
                                 GAsyncResult  *result,
                                 GError       **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
