/* SPDX-License-Identifier: MIT */
/*
 * The rows of a list that somebody looks at: reads blocks of keys, then facts, one job at a time, for the entries that wait in
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
  g_hash_table_iter_init (&iter, self->live);
  while (g_hash_table_iter_next (&iter, NULL, &entry))
    {
      coffer_entry_wait_in (entry, NULL);
      COFFER_ENTRY (entry)->list = NULL;
      g_hash_table_iter_remove (&iter);
    }
  coffer_blocks_forget_all (self->blocks);
}

void
coffer_entry_list_reread_rows (CofferEntryList *self)
{
  GHashTableIter iter;
  gpointer value;

  g_cancellable_cancel (self->rows_cancellable);
  g_clear_object (&self->rows_cancellable);
  self->reading = FALSE;
  coffer_blocks_forget_facts (self->blocks);
  g_hash_table_iter_init (&iter, self->live);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      CofferEntry *entry = value;

      if (entry->queue == NULL)
        coffer_entry_wait_in (entry, entry->key != NULL ? &self->unsized : &self->unkeyed);
    }
  coffer_entry_list_read_rows (self);
}

static void
fail_entry (CofferEntry  *entry,
            const GError *error)
{
  g_autofree char *line = coffer_error_dup_line (error);
  CofferRowFacts facts = { .read = TRUE, .size = G_MAXUINT64, .error = g_ref_string_new (line),
                           .type_label = coffer_error_get_word (error) };

  coffer_entry_wait_in (entry, NULL);
  if (entry->key != NULL && coffer_error_is_missing (error))
    {
      coffer_row_facts_clear (&facts);   /* that says nothing of the row: what is known of it stays */
      return;
    }
  coffer_entry_set_facts (entry, &facts);
  coffer_row_facts_clear (&facts);
}

/* The entries of some rows that wait for their keys, held; those asked for last come first. */
static GPtrArray *
list_waiting (CofferEntryList *self,
              guint            start,
              guint            end)
{
  GPtrArray *entries = g_ptr_array_new_with_free_func (g_object_unref);

  for (GList *link = self->unkeyed.head; link != NULL; link = link->next)
    {
      guint position = COFFER_ENTRY (link->data)->position;

      if (position >= start && position < end)
        g_ptr_array_add (entries, g_object_ref (link->data));
    }
  return entries;
}

/* Fills the entries of some rows. One that gets no key now gets none before the next walk. */
static void
fill_entries (CofferEntryList *self,
              guint            start,
              guint            end,
              const GError    *error)
{
  g_autoptr(GPtrArray) entries = list_waiting (self, start, end);

  for (guint i = entries->len; i-- > 0;)
    {
      CofferEntry *entry = g_ptr_array_index (entries, i);
      CofferBlockRow *row = entry->list == self ? coffer_blocks_peek_row (self->blocks, entry->position) : NULL;

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

CofferCheckRequest *
coffer_entry_list_ask_block (CofferEntryList *self,
                             guint            index)
{
  CofferCheckRequest *request = coffer_check_request_new (&self->scope);

  coffer_check_request_add (request, coffer_blocks_get (self->blocks, index));
  request->from_start = index == 0;
  request->want_keys = TRUE;
  if (index + 1 < coffer_blocks_get_n_blocks (self->blocks))
    request->end = coffer_key_ref (coffer_blocks_get (self->blocks, index + 1)->fence);
  else if (self->last != NULL)
    request->last = coffer_key_ref (self->last);
  return request;
}

static guint
find_serial (CofferEntryList *self,
             guint            serial)
{
  guint n = coffer_blocks_get_n_blocks (self->blocks);
  guint i = 0;

  while (i < n && coffer_blocks_get (self->blocks, i)->serial != serial)
    i++;
  return i < n ? i : G_MAXUINT;
}

/* @keys of the blocks from @index on; fewer than rows if they could be read no further. */
static void
keep_keys (CofferEntryList *self,
           guint            index,
           GPtrArray       *keys)
{
  for (guint from = 0; from < keys->len; index++)
    {
      CofferBlock *block = coffer_blocks_get (self->blocks, index);
      g_autoptr(GPtrArray) some = g_ptr_array_new ();

      for (guint i = 0; i < block->n_rows; i++)
        g_ptr_array_add (some, from + i < keys->len ? g_ptr_array_index (keys, from + i) : NULL);
      coffer_blocks_put_keys (self->blocks, block, some);
      from += block->n_rows;
    }
}

guint
coffer_entry_list_take_block (CofferEntryList    *self,
                              CofferCheckedBlock *checked)
{
  guint index = find_serial (self, checked->serial);
  CofferBlocks *blocks = self->blocks;

  if (index == G_MAXUINT)
    return G_MAXUINT;
  if (checked->overgrown)
    {
      g_ptr_array_set_size (checked->keys, 0);
      coffer_entry_list_refresh (self);
      return index;
    }
  if (coffer_entry_list_take_checked (self, index, checked))
    coffer_entry_list_refresh_soon (self);   /* nor need the others be as they were */
  if (self->blocks != blocks)
    return G_MAXUINT;   /* whoever was told began anew */
  keep_keys (self, index, checked->keys);
  return index;
}

/* Its entries get their keys, or learn why there are none. */
static void
take_answer (CofferEntryList    *self,
             CofferCheckedBlock *checked,
             const GError       *error)
{
  guint index = checked != NULL ? coffer_entry_list_take_block (self, checked) : find_serial (self, self->serial);
  gboolean whole = error == NULL && checked != NULL && !checked->overgrown;
  guint start;

  if (index == G_MAXUINT || (whole && checked->keys->len == 0))
    return;
  start = coffer_blocks_get_start (self->blocks, index);
  fill_entries (self, start, start + (whole ? checked->keys->len : coffer_blocks_get (self->blocks, index)->n_rows), error);
}

static void
block_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(GError) error = NULL;
  CofferCheck *check = coffer_vault_run_finish (COFFER_VAULT (source), result, &error);
  g_autoptr(CofferEntryList) self = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self = g_object_ref (data);
  self->reading = FALSE;
  if (check != NULL)
    error = g_steal_pointer (&check->error);
  take_answer (self, check != NULL ? g_ptr_array_index (check->blocks, 0) : NULL, error);
  g_clear_pointer (&check, coffer_check_free);
  if (error != NULL && !g_error_matches (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ECORRUPT)))
    coffer_entry_list_set_error (self, error);
  coffer_entry_list_read_rows (self);
}

/* Keys of a block of ids. One that is not there is of a row that is gone, if a walk does not find it any more. */
static void
take_keys (CofferEntryList *self,
           guint            index,
           GPtrArray       *keys,
           const GError    *error)
{
  g_autoptr(GError) lost = NULL;
  guint start = coffer_blocks_get_start (self->blocks, index);

  if (keys != NULL)
    coffer_blocks_put_keys (self->blocks, coffer_blocks_get (self->blocks, index), keys);
  if (keys != NULL && g_ptr_array_find (keys, NULL, NULL))
    {
      if (self->unreadable)
        lost = g_error_new_literal (COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ECORRUPT), "");
      else
        {
          self->missing = TRUE;
          coffer_entry_list_refresh_soon (self);
        }
    }
  fill_entries (self, start, start + coffer_blocks_get (self->blocks, index)->n_rows, error != NULL ? error : lost);
}

static void
ids_cb (GObject      *source,
        GAsyncResult *result,
        gpointer      data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) keys = coffer_vault_run_finish (COFFER_VAULT (source), result, &error);
  g_autoptr(CofferEntryList) self = NULL;
  guint index;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self = g_object_ref (data);
  self->reading = FALSE;
  if ((index = find_serial (self, self->serial)) != G_MAXUINT)
    take_keys (self, index, keys, error);
  if (error != NULL)
    coffer_entry_list_set_error (self, error);
  coffer_entry_list_read_rows (self);
}

static void
read_ids (CofferEntryList   *self,
          const CofferBlock *block)
{
  CofferIds *ids = g_new (CofferIds, 1);

  coffer_ids_init (ids);
  coffer_ids_add (ids, block);
  coffer_vault_run_async (self->vault, COFFER_LANE_LIST, self->table, coffer_ids_worker, ids, coffer_ids_free,
                          (GDestroyNotify) g_ptr_array_unref, self->rows_cancellable, ids_cb, self);
}

static void
read_block (CofferEntryList *self,
            guint            index)
{
  CofferBlock *block = coffer_blocks_get (self->blocks, index);
  CofferCheckRequest *request;

  self->serial = block->serial;
  if (block->ids != NULL)
    {
      read_ids (self, block);
      return;
    }
  request = coffer_entry_list_ask_block (self, index);
  coffer_vault_run_async (self->vault, COFFER_LANE_LIST, self->table, coffer_check_worker, request, coffer_check_request_free,
                          coffer_check_free, self->rows_cancellable, block_cb, self);
}

static void
take_facts (CofferEntryList *self,
            const CofferRow *row)
{
  gboolean there = row->position < coffer_blocks_get_n_rows (self->blocks);
  CofferBlockRow *known = there ? coffer_blocks_peek_row (self->blocks, row->position) : NULL;
  CofferEntry *entry = g_hash_table_lookup (self->live, GUINT_TO_POINTER (row->position));

  if (known != NULL && coffer_key_equal (known->key, row->key))
    coffer_row_facts_copy (&row->facts, &known->facts);
  if (entry != NULL && entry->key != NULL && coffer_key_equal (entry->key, row->key))
    {
      coffer_entry_wait_in (entry, NULL);
      coffer_entry_set_facts (entry, &row->facts);
    }
}

/* What is on show stays, but is read again, its keys too: their blocks may have others now. */
void
coffer_entry_list_check_rows (CofferEntryList *self)
{
  GHashTableIter iter;
  gpointer entry;

  g_cancellable_cancel (self->rows_cancellable);
  g_clear_object (&self->rows_cancellable);
  self->reading = FALSE;
  coffer_blocks_forget_all (self->blocks);
  g_hash_table_iter_init (&iter, self->live);
  while (g_hash_table_iter_next (&iter, NULL, &entry))
    coffer_entry_wait_in (entry, &self->unkeyed);
  coffer_entry_list_read_rows (self);
}

/* A row without its key: its block is not as it was. */
static void
reread_block (CofferEntryList *self,
              const CofferRow *row)
{
  CofferEntry *entry = g_hash_table_lookup (self->live, GUINT_TO_POINTER (row->position));

  coffer_entry_list_refresh_soon (self);
  if (entry == NULL || entry->key == NULL || !coffer_key_equal (entry->key, row->key))
    return;
  take_facts (self, row);   /* shown as long as it is there */
  coffer_entry_wait_in (entry, &self->unkeyed);
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
        reread_block (self, row);
      else
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
    read_block (self, coffer_blocks_find (self->blocks, unkeyed->position));
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
