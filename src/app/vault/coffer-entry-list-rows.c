/* SPDX-License-Identifier: MIT */
/*
 * The rows of a list that somebody looks at: reads pages of keys, then facts, one job at a time, for the entries that wait in
 * `unkeyed` and `unsized`. Main thread. What is kept true is told in coffer-entry-list.c.
 */
#define G_LOG_DOMAIN "coffer-entry-list"

#include "coffer-entry-list-private.h"

#include "coffer-error-private.h"

#define ROWS_AT_ONCE 256

void
coffer_entry_list_forget_rows (CofferEntryList *self)
{
  GHashTableIter iter;
  gpointer entry;

  g_cancellable_cancel (self->rows_cancellable);
  g_clear_object (&self->rows_cancellable);
  self->reading = FALSE;
  self->doubted = FALSE;
  g_hash_table_iter_init (&iter, self->live);
  while (g_hash_table_iter_next (&iter, NULL, &entry))
    {
      coffer_entry_wait_in (entry, NULL);
      COFFER_ENTRY (entry)->list = NULL;
      g_hash_table_iter_remove (&iter);
    }
  coffer_pages_clear (self->pages);
}

void
coffer_entry_list_reread_rows (CofferEntryList *self)
{
  GHashTableIter iter;
  gpointer value;

  g_cancellable_cancel (self->rows_cancellable);
  g_clear_object (&self->rows_cancellable);
  self->reading = FALSE;
  coffer_pages_forget_facts (self->pages);
  g_hash_table_iter_init (&iter, self->live);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      CofferEntry *entry = value;

      if (entry->queue == NULL)
        coffer_entry_wait_in (entry, entry->key != NULL ? &self->unsized : &self->unkeyed);
    }
  coffer_entry_list_read_rows (self);
}

/* They are of another moment than the walk, and a walk like the last one does not make them right. */
static void
doubt_rows (CofferEntryList *self)
{
  self->doubted = TRUE;
  coffer_entry_list_refresh_soon (self);
}

static void
fail_entry (CofferEntry  *entry,
            const GError *error)
{
  g_autofree char *line = coffer_error_dup_line (error);
  CofferRowFacts facts = { .read = TRUE, .size = G_MAXUINT64, .error = g_ref_string_new (line),
                           .type_label = coffer_error_get_word (error) };

  coffer_entry_wait_in (entry, NULL);
  coffer_entry_set_facts (entry, &facts);
  coffer_row_facts_clear (&facts);
}

/* The entries of a page that wait for their keys, held; those asked for last come first. */
static GPtrArray *
list_waiting (CofferEntryList *self,
              guint            page)
{
  GPtrArray *entries = g_ptr_array_new_with_free_func (g_object_unref);

  for (GList *link = self->unkeyed.head; link != NULL; link = link->next)
    if (COFFER_ENTRY (link->data)->position / COFFER_PAGE_ROWS == page)
      g_ptr_array_add (entries, g_object_ref (link->data));
  return entries;
}

/* Fills the entries of a page. One that gets no key now gets none before the next walk. */
static void
fill_entries (CofferEntryList *self,
              guint            page,
              const GError    *error)
{
  g_autoptr(GPtrArray) entries = list_waiting (self, page);

  for (guint i = entries->len; i-- > 0;)
    {
      CofferEntry *entry = g_ptr_array_index (entries, i);
      CofferPageRow *row = entry->list == self ? coffer_pages_peek (self->pages, entry->position) : NULL;

      if (entry->list != self)
        continue;
      if (row != NULL)
        {
          coffer_entry_wait_in (entry, &self->unsized);
          coffer_entry_set_key (entry, row->key);
        }
      else if (error != NULL)
        fail_entry (entry, error);
      else
        coffer_entry_wait_in (entry, NULL);
    }
}

static void
page_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  g_autoptr(GError) error = NULL;
  CofferPageKeys *keys = coffer_vault_run_finish (COFFER_VAULT (source), result, &error);
  g_autoptr(CofferEntryList) self = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self = g_object_ref (data);
  self->reading = FALSE;
  if (keys != NULL)
    {
      if (keys->stale)
        doubt_rows (self);
      coffer_pages_put (self->pages, self->page, keys->keys);
      error = g_steal_pointer (&keys->error);
      coffer_page_keys_free (keys);
    }
  if (error != NULL && !g_error_matches (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ECORRUPT)))
    coffer_entry_list_set_error (self, error);
  fill_entries (self, self->page, error);
  coffer_entry_list_read_rows (self);
}

static void
read_page (CofferEntryList *self,
           guint            page)
{
  CofferPageRequest *request = g_new0 (CofferPageRequest, 1);
  guint start = page * COFFER_PAGE_ROWS;
  guint fence = start / COFFER_FENCE_ROWS;

  request->fence = coffer_key_ref (g_ptr_array_index (self->fences, fence));
  if (fence + 1 < self->fences->len)
    request->next_fence = coffer_key_ref (g_ptr_array_index (self->fences, fence + 1));
  request->skip = start % COFFER_FENCE_ROWS;
  request->n_rows = MIN (COFFER_PAGE_ROWS, self->n_rows - start);
  request->at_end = request->next_fence != NULL ? request->skip + request->n_rows == COFFER_FENCE_ROWS
                                                : self->complete && start + request->n_rows == self->n_rows;
  request->descending = self->descending;

  self->page = page;
  coffer_vault_run_async (self->vault, COFFER_LANE_LIST, self->table, coffer_page_worker, request, coffer_page_request_free,
                          coffer_page_keys_free, self->rows_cancellable, page_cb, self);
}

static void
take_facts (CofferEntryList *self,
            const CofferRow *row)
{
  CofferPageRow *known = coffer_pages_peek (self->pages, row->position);
  CofferEntry *entry = g_hash_table_lookup (self->live, GUINT_TO_POINTER (row->position));

  if (known != NULL && coffer_key_equal (known->key, row->key))
    coffer_row_facts_copy (&row->facts, &known->facts);
  if (entry != NULL && entry->key != NULL && coffer_key_equal (entry->key, row->key))
    {
      coffer_entry_wait_in (entry, NULL);
      coffer_entry_set_facts (entry, &row->facts);
    }
}

static void
facts_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GArray) rows = coffer_vault_run_finish (COFFER_VAULT (source), result, &error);
  g_autoptr(CofferEntryList) self = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self = g_object_ref (data);
  self->reading = FALSE;
  for (guint i = 0; rows != NULL && i < rows->len; i++)
    {
      const CofferRow *row = &g_array_index (rows, CofferRow, i);

      if (!row->facts.read || self->rows_cancellable == NULL)
        break;
      if (row->gone)
        doubt_rows (self);
      take_facts (self, row);
    }
  if (error != NULL)
    {
      coffer_entry_list_set_error (self, error);
      while (!g_queue_is_empty (&self->unsized))
        fail_entry (g_queue_peek_head (&self->unsized), error);
    }
  coffer_entry_list_read_rows (self);
}

static int
compare_rows (gconstpointer a,
              gconstpointer b)
{
  guint x = ((const CofferRow *) a)->position;
  guint y = ((const CofferRow *) b)->position;

  return x < y ? -1 : x > y;
}

/* The rows asked for last, from the top down: a list asks for more than it shows, and begins with what it shows. */
static void
read_facts (CofferEntryList *self)
{
  GArray *rows = coffer_rows_new ();

  for (GList *link = self->unsized.head; link != NULL && rows->len < ROWS_AT_ONCE; link = link->next)
    {
      CofferEntry *entry = link->data;
      CofferRow row = { .key = coffer_key_ref (entry->key), .position = entry->position };

      g_array_append_val (rows, row);
    }
  g_array_sort (rows, compare_rows);
  coffer_vault_run_async (self->vault, COFFER_LANE_LIST, self->table, coffer_rows_worker, rows,
                          (GDestroyNotify) g_array_unref, (GDestroyNotify) g_array_unref, self->rows_cancellable, facts_cb,
                          self);
}

/* Keys before facts: a row without a key is the worse one to look at. */
void
coffer_entry_list_read_rows (CofferEntryList *self)
{
  CofferEntry *unkeyed = g_queue_peek_head (&self->unkeyed);

  if (self->reading || (unkeyed == NULL && g_queue_is_empty (&self->unsized)))
    return;
  self->reading = TRUE;
  if (self->rows_cancellable == NULL)
    self->rows_cancellable = g_cancellable_new ();
  if (unkeyed != NULL)
    read_page (self, unkeyed->position / COFFER_PAGE_ROWS);
  else
    read_facts (self);
}

void
coffer_entry_list_forget (CofferEntryList *self,
                          CofferEntry     *entry)
{
  g_hash_table_remove (self->live, GUINT_TO_POINTER (entry->position));
}

guint
coffer_entry_list_count_live (CofferEntryList *self)
{
  return g_hash_table_size (self->live);
}
