/* SPDX-License-Identifier: MIT */
/*
 * What the entry list asks of the lanes: the walk over all keys in slices, the keys of a page, the sizes and types of rows, a
 * search by prefix. The walk has the BACKGROUND lane, all else, in short jobs, the LIST lane: rows on screen never wait for the
 * walk, and every cursor is closed before a job ends: the list holds no read transaction while nothing is asked.
 */
#define G_LOG_DOMAIN "coffer-entry-list"

#include "coffer-entry-walk.h"

#include "coffer-error-private.h"
#include "coffer-value.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define ROWS_US (8 * 1000)
#define SNIFF_BYTES 512

G_DEFINE_AUTOPTR_CLEANUP_FUNC (kvault_cursor, kvault_cursor_close)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (kvault_blob, kvault_blob_close)

void
coffer_slice_request_free (gpointer data)
{
  CofferSliceRequest *request = data;

  g_clear_pointer (&request->after, coffer_key_unref);
  g_free (request);
}

void
coffer_slice_free (gpointer data)
{
  CofferSlice *slice = data;

  g_ptr_array_unref (slice->fences);
  g_clear_pointer (&slice->last, coffer_key_unref);
  g_clear_error (&slice->error);
  g_free (slice);
}

/* A cursor at, or behind, @key; from the first row if that is NULL. */
static int
open_cursor (kvault         *vault,
             CofferKey      *key,
             unsigned        flags,
             gboolean        descending,
             kvault_cursor **cursor)
{
  kvault_cursor_options options = { .flags = flags | (descending ? KVAULT_CURSOR_REVERSE : 0) };

  if (key != NULL)
    {
      options.start = g_bytes_get_data (coffer_key_get_bytes (key), &options.start_size);
      options.has_start = TRUE;
      options.start_class = coffer_key_get_class (key);
    }
  return kvault_cursor_open (vault, &options, cursor);
}

/*
 * The hash of a walk that has come to @entry as well. What is no blob is found by its row id alone, which a walk does not know
 * and which may be another with the same keys.
 */
static guint64
hash_entry (guint64             hash,
            const kvault_entry *entry)
{
  const guint64 odd = G_GUINT64_CONSTANT (0xff51afd7ed558ccd);
  const guint8 *bytes = entry->key;
  guint64 word;

  if (hash == 0 || entry->key_class != KVAULT_CLASS_BLOB)
    return 0;
  hash = (hash ^ entry->key_size) * odd;
  for (gsize left = entry->key_size; left > 0; left -= MIN (left, sizeof word), bytes += sizeof word)
    {
      word = 0;
      memcpy (&word, bytes, MIN (left, sizeof word));
      hash = (hash ^ word ^ (hash >> 32)) * odd;
    }
  return hash != 0 ? hash : COFFER_NO_KEYS;
}

/* Takes rows into @slice until its time or number is up, at a fence. Returns what ended it: KVAULT_OK if that did. */
static int
fill_slice (CofferSlice              *slice,
            const CofferSliceRequest *request,
            kvault_cursor            *cursor)
{
  gint64 deadline = g_get_monotonic_time () + request->max_us;
  const kvault_entry *entry;
  int rc;

  while ((rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK)
    {
      if (slice->n_rows % COFFER_FENCE_ROWS == 0)
        g_ptr_array_add (slice->fences, coffer_key_new_from_entry (entry));
      slice->hash = hash_entry (slice->hash, entry);
      slice->n_rows++;
      if (slice->n_rows % COFFER_FENCE_ROWS != 0)
        continue;
      g_clear_pointer (&slice->last, coffer_key_unref);
      slice->last = coffer_key_new_from_entry (entry);
      if (slice->n_rows == request->max_rows || g_get_monotonic_time () > deadline)
        return KVAULT_OK;
    }
  return rc;
}

gpointer
coffer_slice_worker (kvault        *vault,
                     gpointer       data,
                     GCancellable  *cancellable,
                     GError       **error)
{
  const CofferSliceRequest *request = data;
  g_autoptr(kvault_cursor) cursor = NULL;
  g_autoptr(GError) failure = NULL;
  CofferSlice *slice;
  int rc;

  slice = g_new0 (CofferSlice, 1);
  slice->hash = request->hash;
  slice->fences = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  rc = open_cursor (vault, request->after, request->after != NULL ? KVAULT_CURSOR_AFTER : 0, request->descending, &cursor);
  if (rc == KVAULT_OK)
    rc = fill_slice (slice, request, cursor);
  slice->ended = rc != KVAULT_OK;
  if (rc != KVAULT_OK && rc != KVAULT_NOTFOUND)
    failure = coffer_error_new (vault, rc);

  /* Nothing read: the lane may try again on a new handle. Some: they are worth showing. */
  if (failure != NULL && (slice->n_rows == 0 || rc == KVAULT_ECANCELLED))
    {
      *error = g_steal_pointer (&failure);
      coffer_slice_free (slice);
      return NULL;
    }
  slice->error = g_steal_pointer (&failure);
  return slice;
}

void
coffer_page_request_free (gpointer data)
{
  CofferPageRequest *request = data;

  coffer_key_unref (request->fence);
  g_clear_pointer (&request->next_fence, coffer_key_unref);
  g_free (request);
}

void
coffer_page_keys_free (gpointer data)
{
  CofferPageKeys *page = data;

  g_ptr_array_unref (page->keys);
  g_clear_error (&page->error);
  g_free (page);
}

static gboolean
is_number (int key_class)
{
  return key_class == KVAULT_CLASS_INTEGER || key_class == KVAULT_CLASS_REAL;
}

static gboolean
is_key (const kvault_entry *entry,
        CofferKey          *key)
{
  gsize size;
  gconstpointer bytes = g_bytes_get_data (coffer_key_get_bytes (key), &size);

  return entry->key_class == (kvault_class) coffer_key_get_class (key) && entry->key_size == size &&
         (size == 0 || memcmp (entry->key, bytes, size) == 0);
}

/* Whether a walk that has come to @entry is at @fence or behind it. */
static gboolean
has_reached (const kvault_entry *entry,
             CofferKey          *fence,
             gboolean            descending)
{
  gsize size;
  gconstpointer bytes = g_bytes_get_data (coffer_key_get_bytes (fence), &size);
  int fence_class = coffer_key_get_class (fence);
  int order;

  if (is_number (entry->key_class) && is_number (fence_class))
    return is_key (entry, fence);   /* the order of their text is another: only equality tells */
  else if (entry->key_class != (kvault_class) fence_class)
    order = (int) entry->key_class - fence_class;
  else if ((order = memcmp (entry->key, bytes != NULL ? bytes : "", MIN (entry->key_size, size))) == 0)
    order = entry->key_size < size ? -1 : entry->key_size > size;
  return descending ? order <= 0 : order >= 0;
}

/*
 * Walks from the fence and takes the rows asked for. What the cursor says is right; where it and the fences differ (the
 * fence is gone, the next one comes too early or too late) the page is stale.
 */
static int
fill_page (CofferPageKeys          *page,
           const CofferPageRequest *request,
           kvault_cursor           *cursor)
{
  guint end = request->skip + request->n_rows;
  const kvault_entry *entry;
  int rc = KVAULT_OK;

  for (guint i = 0; i < end; i++)
    {
      if ((rc = kvault_cursor_next (cursor, &entry)) != KVAULT_OK)
        break;
      if (i == 0 && !is_key (entry, request->fence))
        page->stale = TRUE;
      if (request->next_fence != NULL && has_reached (entry, request->next_fence, request->descending))
        break;
      if (i >= request->skip)
        g_ptr_array_add (page->keys, coffer_key_new_from_entry (entry));
    }
  if (rc != KVAULT_OK && rc != KVAULT_NOTFOUND)
    return rc;

  if (page->keys->len < request->n_rows)
    page->stale = TRUE;
  else if (request->at_end && (rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK)
    page->stale |= request->next_fence == NULL || !is_key (entry, request->next_fence);
  else if (request->at_end && rc == KVAULT_NOTFOUND)
    page->stale |= request->next_fence != NULL;
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

gpointer
coffer_page_worker (kvault        *vault,
                    gpointer       data,
                    GCancellable  *cancellable,
                    GError       **error)
{
  const CofferPageRequest *request = data;
  g_autoptr(kvault_cursor) cursor = NULL;
  g_autoptr(GError) failure = NULL;
  CofferPageKeys *page;
  int rc;

  page = g_new0 (CofferPageKeys, 1);
  page->keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  rc = open_cursor (vault, request->fence, KVAULT_CURSOR_IDS, request->descending, &cursor);
  if (rc == KVAULT_OK)
    rc = fill_page (page, request, cursor);
  if (rc != KVAULT_OK)
    failure = coffer_error_new (vault, rc);
  if (failure != NULL && (page->keys->len == 0 || rc == KVAULT_ECANCELLED))
    {
      *error = g_steal_pointer (&failure);
      coffer_page_keys_free (page);
      return NULL;
    }
  page->error = g_steal_pointer (&failure);
  return page;
}

static void
row_clear (gpointer data)
{
  CofferRow *row = data;

  coffer_key_unref (row->key);
  coffer_row_facts_clear (&row->facts);
}

GArray *
coffer_rows_new (void)
{
  GArray *rows = g_array_new (FALSE, TRUE, sizeof (CofferRow));

  g_array_set_clear_func (rows, row_clear);
  return rows;
}

static int
sniff_value (kvault    *vault,
             CofferRow *row)
{
  kvault_entry entry = coffer_key_to_entry (row->key);
  g_autoptr(kvault_blob) blob = NULL;
  guint8 head[SNIFF_BYTES];
  gsize len;
  int rc;

  if ((rc = kvault_blob_open_entry (vault, &entry, &blob)) != KVAULT_OK)
    return rc;
  row->facts.size = kvault_blob_size (blob);
  len = MIN (row->facts.size, sizeof head);
  if ((rc = kvault_blob_read (blob, head, len, 0)) != KVAULT_OK)
    return rc;
  coffer_value_classify (kvault_table_kind (vault), head, len, row->facts.size, &row->facts.content_type,
                         &row->facts.type_label);
  return KVAULT_OK;
}

/* FALSE if reading was cancelled and the row is as unknown as before. */
static gboolean
read_row (kvault    *vault,
          CofferRow *row)
{
  g_autoptr(GError) failure = NULL;
  g_autofree char *line = NULL;
  int rc;

  row->facts.size = G_MAXUINT64;
  if ((rc = sniff_value (vault, row)) != KVAULT_OK)
    {
      if (rc == KVAULT_ECANCELLED)
        return FALSE;
      failure = coffer_error_new (vault, rc);
      line = coffer_error_dup_line (failure);
      row->facts.error = g_ref_string_new (line);
      row->facts.type_label = coffer_error_get_word (failure);
      row->gone = rc == KVAULT_NOTFOUND || rc == KVAULT_ESTALE;
    }
  row->facts.read = TRUE;
  return TRUE;
}

gpointer
coffer_rows_worker (kvault        *vault,
                    gpointer       data,
                    GCancellable  *cancellable,
                    GError       **error)
{
  GArray *rows = data;
  gint64 deadline = g_get_monotonic_time () + ROWS_US;

  for (guint i = 0; i < rows->len; i++)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return NULL;
      if (!read_row (vault, &g_array_index (rows, CofferRow, i)))
        {
          g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Cancelled"));
          return NULL;
        }
      /* A failure is the last one of its job, which the lane looks at. */
      if (g_array_index (rows, CofferRow, i).facts.error != NULL || g_get_monotonic_time () > deadline)
        break;
    }
  return g_array_ref (rows);
}

gboolean
coffer_key_reaches (gconstpointer  key,
                    gsize          key_size,
                    int            key_class,
                    GBytes        *prefix,
                    gboolean       descending)
{
  gsize prefix_size;
  gconstpointer bytes = g_bytes_get_data (prefix, &prefix_size);
  gsize both = MIN (key_size, prefix_size);
  int order;

  if (key_class != KVAULT_CLASS_BLOB)
    return descending;
  order = both > 0 ? memcmp (key, bytes, both) : 0;
  if (descending)
    return order <= 0;
  return order > 0 || (order == 0 && key_size >= prefix_size);
}

void
coffer_find_request_free (gpointer data)
{
  CofferFindRequest *request = data;

  coffer_key_unref (request->fence);
  g_bytes_unref (request->prefix);
  g_free (request);
}

gpointer
coffer_find_worker (kvault        *vault,
                    gpointer       data,
                    GCancellable  *cancellable,
                    GError       **error)
{
  const CofferFindRequest *request = data;
  g_autoptr(kvault_cursor) cursor = NULL;
  const kvault_entry *entry;
  guint *skip = g_new0 (guint, 1);
  int rc;

  rc = open_cursor (vault, request->fence, 0, request->descending, &cursor);
  while (rc == KVAULT_OK && *skip < COFFER_FENCE_ROWS && (rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK &&
         !coffer_key_reaches (entry->key, entry->key_size, entry->key_class, request->prefix, request->descending))
    (*skip)++;
  if (rc == KVAULT_OK)
    return skip;
  if (rc == KVAULT_NOTFOUND)
    {
      *skip = COFFER_FENCE_ROWS;
      return skip;
    }
  *error = coffer_error_new (vault, rc);
  g_free (skip);
  return NULL;
}
