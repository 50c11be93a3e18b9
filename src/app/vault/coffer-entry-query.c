/* SPDX-License-Identifier: MIT */
/*
 * What the entry list asks of the lanes about rows that are not all keys in their order: those that a filter lets through, and
 * their order by a column. A filter looks at keys, which lie together in their index; at a value only if it asks for sizes or
 * types, and then only at those whose keys it likes.
 */
#define G_LOG_DOMAIN "coffer-entry-list"

#include "coffer-entry-query.h"

#include "coffer-error-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define LOOK_EVERY 256     /* keys between two looks at the clock */
#define MOST_FOUND 65536
#define FIRST_ROWS COFFER_BLOCK_ROWS   /* of which the keys are read at once: as many as for a row that is looked at */
#define LEAST_SIEVE_BITS 26
#define ROWS_AHEAD 16      /* whose sizes are fetched from memory while those of one row are looked at */

/* ---- searching ---- */

void
coffer_query_request_free (gpointer data)
{
  CofferQueryRequest *request = data;

  coffer_scope_clear (&request->scope);
  g_clear_pointer (&request->filter, coffer_filter_unref);
  g_clear_pointer (&request->after, coffer_key_unref);
  g_free (request);
}

void
coffer_query_slice_free (gpointer data)
{
  CofferQuerySlice *slice = data;

  coffer_marks_clear (&slice->rows);
  g_clear_pointer (&slice->keys, g_ptr_array_unref);
  g_clear_pointer (&slice->last, coffer_key_unref);
  g_clear_error (&slice->error);
  g_free (slice);
}

/* A failure is that of one value, which then is of no type or size that could be asked for; unless it is KVAULT_ECANCELLED. */
static int
match_value (const CofferFilter *filter,
             kvault             *vault,
             const kvault_entry *entry,
             gboolean           *matches)
{
  const char *content_type = NULL, *label;
  guint64 size = G_MAXUINT64;
  kvault_entry row;
  int rc;

  if (coffer_filter_wants_types (filter))
    rc = coffer_entry_sniff (vault, entry, &size, &content_type, &label);
  else if ((rc = kvault_entry_by_id (vault, entry->id, KVAULT_CURSOR_SIZES, &row)) == KVAULT_OK && row.result == KVAULT_OK)
    size = row.value_size;
  if (rc != KVAULT_OK)
    size = G_MAXUINT64;
  *matches = coffer_filter_matches_value (filter, content_type, size);
  return rc == KVAULT_ECANCELLED ? rc : KVAULT_OK;
}

static gboolean
has_prefix (const kvault_entry *entry,
            GBytes             *prefix)
{
  gsize size;
  gconstpointer bytes = g_bytes_get_data (prefix, &size);

  return entry->key_class == KVAULT_CLASS_BLOB && entry->key_size >= size && memcmp (entry->key, bytes, size) == 0;
}

static gboolean
matches_key (const CofferQueryRequest *request,
             const kvault_entry       *entry)
{
  const CofferFilter *filter = request->filter;

  if (request->stored && request->scope.prefix != NULL && !has_prefix (entry, request->scope.prefix))
    return FALSE;
  return filter == NULL || !coffer_filter_has_pattern (filter) || coffer_filter_matches_key (filter, entry->key, entry->key_size);
}

/* @looked  (out): whether a value was looked at */
static int
match (const CofferQueryRequest *request,
       kvault                   *vault,
       const kvault_entry       *entry,
       gboolean                 *matches,
       gboolean                 *looked)
{
  const CofferFilter *filter = request->filter;

  *matches = matches_key (request, entry);
  *looked = *matches && filter != NULL && (coffer_filter_wants_types (filter) || coffer_filter_wants_sizes (filter));
  return *looked ? match_value (filter, vault, entry, matches) : KVAULT_OK;
}

static int
open_query (const CofferQueryRequest  *request,
            kvault                    *vault,
            kvault_cursor            **cursor)
{
  kvault_cursor_options stored = { .flags = KVAULT_CURSOR_STORED, .has_start = 1, .start_id = request->start_id };

  if (request->stored)
    return kvault_cursor_open (vault, &stored, cursor);
  return coffer_scope_open_cursor (&request->scope, vault, request->after,
                                   KVAULT_CURSOR_IDS | (request->after != NULL ? KVAULT_CURSOR_AFTER : 0), cursor);
}

/* Returns what ended it; KVAULT_OK if the time is up. */
static int
fill_query (CofferQuerySlice         *slice,
            const CofferQueryRequest *request,
            kvault                   *vault,
            kvault_cursor            *cursor,
            GCancellable             *cancellable)
{
  gint64 deadline = g_get_monotonic_time () + request->max_us;
  const kvault_entry *entry;
  gboolean matches, looked;
  int rc;

  while ((rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK &&
         (rc = match (request, vault, entry, &matches, &looked)) == KVAULT_OK)
    {
      slice->n_scanned++;
      slice->next_id = entry->id < G_MAXINT64 ? entry->id + 1 : entry->id;
      if (matches && !(entry->id == 0 && kvault_is_shelved (vault, entry->key, entry->key_size)))   /* it has no row, as it could not be written */
        {
          coffer_marks_add (&slice->rows, entry->id, coffer_entry_print (entry));
          if (slice->keys != NULL)
            g_ptr_array_add (slice->keys, coffer_key_new_from_entry (entry));
        }
      if ((!looked && slice->n_scanned % LOOK_EVERY != 0) ||
          (g_get_monotonic_time () < deadline && !g_cancellable_is_cancelled (cancellable)))
        continue;
      slice->last = coffer_key_new_from_entry (entry);
      return KVAULT_OK;
    }
  return rc;
}

gpointer
coffer_query_worker (kvault        *vault,
                     gpointer       data,
                     GCancellable  *cancellable,
                     GError       **error)
{
  const CofferQueryRequest *request = data;
  g_autoptr(kvault_cursor) cursor = NULL;
  CofferQuerySlice *slice = g_new0 (CofferQuerySlice, 1);
  int rc = open_query (request, vault, &cursor);

  coffer_marks_init (&slice->rows);
  if (request->stored)
    slice->keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  if (rc == KVAULT_OK)
    rc = fill_query (slice, request, vault, cursor, cancellable);
  slice->ended = rc != KVAULT_OK;
  if (rc == KVAULT_OK || rc == KVAULT_NOTFOUND)
    return slice;
  slice->error = coffer_error_new (vault, rc);
  if (slice->n_scanned > 0 && rc != KVAULT_ECANCELLED)
    return slice;
  *error = g_steal_pointer (&slice->error);
  coffer_query_slice_free (slice);
  return NULL;
}

/* ---- ordering ---- */

void
coffer_ids_init (CofferIds *self)
{
  self->ids = g_ptr_array_new_with_free_func ((GDestroyNotify) g_atomic_rc_box_release);
  self->prints = g_ptr_array_new_with_free_func (coffer_prints_unref);
  self->n_rows = g_array_new (FALSE, FALSE, sizeof (guint));
}

void
coffer_ids_add (CofferIds         *self,
                const CofferBlock *block)
{
  g_ptr_array_add (self->ids, g_atomic_rc_box_acquire (block->ids));
  g_ptr_array_add (self->prints, coffer_prints_ref (block->prints));
  g_array_append_val (self->n_rows, block->n_rows);
}

void
coffer_ids_clear (CofferIds *self)
{
  g_clear_pointer (&self->ids, g_ptr_array_unref);
  g_clear_pointer (&self->prints, g_ptr_array_unref);
  g_clear_pointer (&self->n_rows, g_array_unref);
}

void
coffer_ids_free (gpointer data)
{
  coffer_ids_clear (data);
  g_free (data);
}

static void
join_ids (const CofferIds *self,
          CofferMarks     *rows)
{
  coffer_marks_init (rows);
  for (guint i = 0; self->ids != NULL && i < self->ids->len; i++)
    {
      guint n = g_array_index (self->n_rows, guint, i);

      g_array_append_vals (rows->ids, g_ptr_array_index (self->ids, i), n);
      g_array_set_size (rows->prints, rows->prints->len + n);
      coffer_prints_read (g_ptr_array_index (self->prints, i), &g_array_index (rows->prints, guint32, rows->prints->len - n));
    }
}

void
coffer_order_request_free (gpointer data)
{
  CofferOrderRequest *request = data;

  coffer_marks_clear (&request->rows);
  g_clear_pointer (&request->keys, g_ptr_array_unref);
  g_clear_pointer (&request->census, coffer_census_unref);
  coffer_ids_clear (&request->old);
  g_free (request);
}

void
coffer_order_free (gpointer data)
{
  CofferOrder *order = data;

  g_clear_pointer (&order->blocks, g_ptr_array_unref);
  g_clear_pointer (&order->edits, g_array_unref);
  g_clear_pointer (&order->moves, g_array_unref);
  g_free (order);
}

GPtrArray *
coffer_marks_to_blocks (const CofferMarks *rows)
{
  GPtrArray *blocks = g_ptr_array_new_with_free_func (coffer_block_free);

  for (guint i = 0; i < rows->ids->len; i += COFFER_BLOCK_ROWS)
    g_ptr_array_add (blocks, coffer_block_new_ids (&g_array_index (rows->ids, gint64, i), &g_array_index (rows->prints, guint32, i),
                                                   MIN (COFFER_BLOCK_ROWS, rows->ids->len - i)));
  return blocks;
}

typedef struct {
  guint64 rank;
  guint row;
} Ranked;

/* @order  where each row was that comes there now */
static void
arrange (CofferMarks  *rows,
         const Ranked *order)
{
  CofferMarks sorted;

  coffer_marks_init (&sorted);
  for (guint i = 0; i < rows->ids->len; i++)
    coffer_marks_add (&sorted, g_array_index (rows->ids, gint64, order[i].row),
                      g_array_index (rows->prints, guint32, order[i].row));
  coffer_marks_clear (rows);
  *rows = sorted;
}

#define DIGIT_BITS 10
#define N_DIGITS (1u << DIGIT_BITS)

/* By rank, digit by digit from the last on; those alike stay as they are. Ranks have few digits that differ: sizes two or three. */
static Ranked *
sort_ranked (Ranked *from,
             Ranked *to,
             gsize   n)
{
  guint64 differ = 0;

  for (gsize i = 1; i < n; i++)
    differ |= from[i].rank ^ from[0].rank;
  for (guint shift = 0; shift < 64; shift += DIGIT_BITS)
    {
      gsize places[N_DIGITS] = { 0 };
      gsize place = 0;
      Ranked *swap = from;

      if ((differ >> shift & (N_DIGITS - 1)) == 0)
        continue;
      for (gsize i = 0; i < n; i++)
        places[from[i].rank >> shift & (N_DIGITS - 1)]++;
      for (guint digit = 0; digit < N_DIGITS; digit++)
        {
          gsize count = places[digit];

          places[digit] = place;
          place += count;
        }
      for (gsize i = 0; i < n; i++)
        to[places[from[i].rank >> shift & (N_DIGITS - 1)]++] = from[i];
      from = to;
      to = swap;
    }
  return from;
}

static int
compare_labels (gconstpointer a,
                gconstpointer b)
{
  return g_utf8_collate (*(const char *const *) a, *(const char *const *) b);
}

/* The place of each label among those that occur, by its address: labels are interned. From 1 on. */
static GHashTable *
rank_labels (const CofferCensus *census,
             const GArray       *ids)
{
  GHashTable *ranks = g_hash_table_new (NULL, NULL);
  g_autoptr(GPtrArray) labels = g_ptr_array_new ();
  const char *label;
  guint64 size;

  for (guint i = 0; i < ids->len; i++)
    if (coffer_census_find (census, g_array_index (ids, gint64, i), &size, &label) && label != NULL &&
        g_hash_table_add (ranks, (gpointer) label))
      g_ptr_array_add (labels, (gpointer) label);
  g_ptr_array_sort (labels, compare_labels);
  for (guint i = 0; i < labels->len; i++)
    g_hash_table_replace (ranks, g_ptr_array_index (labels, i), GUINT_TO_POINTER (i + 1));
  return ranks;
}

/* What is not known comes last, whichever way. */
static guint64
rank_row (const CofferOrderRequest *request,
          GHashTable               *ranks,
          gint64                    id)
{
  const char *label;
  guint64 size, rank;

  if (!coffer_census_find (request->census, id, &size, &label))
    return G_MAXUINT64;
  if (request->sort == COFFER_SORT_SIZE)
    rank = size;
  else
    rank = label != NULL ? GPOINTER_TO_UINT (g_hash_table_lookup (ranks, label)) : G_MAXUINT64;
  if (rank == G_MAXUINT64)
    return G_MAXUINT64;
  return request->descending ? G_MAXUINT64 - 1 - rank : rank;
}

static void
order_by_column (CofferOrderRequest *request)
{
  GArray *ids = request->rows.ids;
  g_autoptr(GHashTable) ranks = request->sort == COFFER_SORT_TYPE ? rank_labels (request->census, ids) : NULL;
  g_autofree Ranked *rows = g_new (Ranked, ids->len);
  g_autofree Ranked *room = g_new (Ranked, ids->len);

  for (guint i = 0; i < ids->len; i++)
    {
      if (i + ROWS_AHEAD < ids->len)
        coffer_census_expect (request->census, g_array_index (ids, gint64, i + ROWS_AHEAD));
      rows[i] = (Ranked) { rank_row (request, ranks, g_array_index (ids, gint64, i)), i };
    }
  arrange (&request->rows, sort_ranked (rows, room, ids->len));
}

static int
compare_ranked_keys (gconstpointer a,
                     gconstpointer b,
                     gpointer      data)
{
  const CofferOrderRequest *request = data;
  int order = coffer_key_compare (g_ptr_array_index (request->keys, ((const Ranked *) a)->row),
                                  g_ptr_array_index (request->keys, ((const Ranked *) b)->row));

  return request->descending && request->sort == COFFER_SORT_KEY ? -order : order;
}

static void
order_by_keys (CofferOrderRequest *request)
{
  guint n = request->rows.ids->len;
  g_autofree Ranked *rows = g_new (Ranked, n);

  for (guint i = 0; i < n; i++)
    rows[i] = (Ranked) { 0, i };
  g_qsort_with_data (rows, (gint) n, sizeof *rows, compare_ranked_keys, request);
  arrange (&request->rows, rows);
}

/* Run again, it orders what is in order. */
gpointer
coffer_order_worker (kvault        *vault,
                     gpointer       data,
                     GCancellable  *cancellable,
                     GError       **error)
{
  CofferOrderRequest *request = data;
  CofferOrder *order;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  if (request->keys != NULL)
    order_by_keys (request);
  g_clear_pointer (&request->keys, g_ptr_array_unref);
  if (request->sort != COFFER_SORT_KEY)
    order_by_column (request);

  order = g_new0 (CofferOrder, 1);
  order->blocks = coffer_marks_to_blocks (&request->rows);
  if (request->compare)
    {
      CofferMarks old;

      join_ids (&request->old, &old);
      order->edits = coffer_edits_of_ids (&old, &request->rows, &order->moves);
      coffer_marks_clear (&old);
    }
  coffer_marks_clear (&request->rows);   /* here: for ten million rows that takes longer than the main loop has */
  return order;
}

/* ---- rows of a list of ids ---- */

static void
unref_key (gpointer key)
{
  if (key != NULL)
    coffer_key_unref (key);
}

GPtrArray *
coffer_ids_read (kvault         *vault,
                 const gint64   *ids,
                 const guint32  *prints,
                 guint           n,
                 GError        **error)
{
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func (unref_key);
  g_autoptr(kvault_cursor) held G_GNUC_UNUSED = coffer_hold_cursor (vault);

  for (guint i = 0; i < n; i++)
    {
      kvault_entry entry;
      int rc = kvault_entry_by_id (vault, ids[i], 0, &entry);

      if (rc == KVAULT_NOTFOUND || rc == KVAULT_ECORRUPT || (rc == KVAULT_OK && coffer_entry_print (&entry) != prints[i]))
        g_ptr_array_add (keys, NULL);
      else if (rc == KVAULT_OK)
        g_ptr_array_add (keys, coffer_key_new_from_entry (&entry));
      else
        {
          *error = coffer_error_new (vault, rc);
          return NULL;
        }
    }
  return g_steal_pointer (&keys);
}

gpointer
coffer_ids_worker (kvault        *vault,
                   gpointer       data,
                   GCancellable  *cancellable,
                   GError       **error)
{
  GPtrArray *keys;
  CofferMarks rows;

  join_ids (data, &rows);
  keys = coffer_ids_read (vault, (gint64 *) (gpointer) rows.ids->data, (guint32 *) (gpointer) rows.prints->data, rows.ids->len,
                          error);
  coffer_marks_clear (&rows);
  return keys;
}

void
coffer_seek_request_free (gpointer data)
{
  CofferSeekRequest *request = data;

  g_bytes_unref (request->prefix);
  coffer_ids_clear (&request->ids);
  g_free (request);
}

/* The ids of rows whose keys begin so, of which there may be @more. @exact (out): whether the first is of the key that @prefix is. */
static int
list_beginning (kvault      *vault,
                GBytes      *prefix,
                GArray      *ids,
                gboolean    *exact,
                gboolean    *more)
{
  CofferScope scope = { prefix, FALSE };
  g_autoptr(kvault_cursor) cursor = NULL;
  const kvault_entry *entry;
  gint64 number;
  int rc;

  *exact = *more = FALSE;
  if (kvault_table_kind (vault) > KVAULT_SECTION_V2)   /* the row whose id it is, if there is one */
    {
      *exact = coffer_id_parse (prefix, &number);
      if (*exact)
        g_array_append_val (ids, number);
      return KVAULT_OK;
    }
  rc = coffer_scope_open_cursor (&scope, vault, NULL, KVAULT_CURSOR_IDS, &cursor);

  while (rc == KVAULT_OK && !*more && (rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK)
    {
      gint64 id = entry->id;

      if (ids->len == 0)
        *exact = entry->key_size == g_bytes_get_size (prefix);
      g_array_append_val (ids, id);
      *more = ids->len == MOST_FOUND;
    }
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

/* Where the first row with one of @wanted is. */
static guint
find_one_of (const GArray *rows,
             const gint64 *wanted,
             guint         n_wanted)
{
  g_autoptr(GHashTable) set = g_hash_table_new (g_int64_hash, g_int64_equal);

  for (guint i = 0; i < n_wanted; i++)
    g_hash_table_add (set, (gpointer) &wanted[i]);
  for (guint i = 0; i < rows->len && n_wanted > 0; i++)
    if (g_hash_table_contains (set, &g_array_index (rows, gint64, i)))
      return i;
  return G_MAXUINT;
}

/* Ids, of which it holds too many rather than too few: 1 in 16 others for as many as the rows of a list. */
typedef struct {
  guint64 *words;         /* NULL: it holds all */
  guint bits;
} Sieve;

static guint64
sieve_place (const Sieve *self,
             gint64       id)
{
  return ((guint64) id * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15)) >> (64 - self->bits);
}

static int
sieve_fill (Sieve        *self,
            guint         n_rows,
            kvault       *vault,
            GBytes       *prefix,
            GCancellable *cancellable)
{
  CofferScope scope = { prefix, FALSE };
  g_autoptr(kvault_cursor) cursor = NULL;
  const kvault_entry *entry;
  int rc = coffer_scope_open_cursor (&scope, vault, NULL, KVAULT_CURSOR_IDS, &cursor);

  self->bits = MAX (g_bit_storage ((gulong) n_rows * 16), LEAST_SIEVE_BITS);
  self->words = g_new0 (guint64, (gsize) 1 << (self->bits - 6));
  for (guint n = 1; rc == KVAULT_OK && (rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK; n++)
    {
      guint64 place = sieve_place (self, entry->id);

      self->words[place / 64] |= G_GUINT64_CONSTANT (1) << place % 64;
      if (n % LOOK_EVERY == 0 && g_cancellable_is_cancelled (cancellable))
        return KVAULT_ECANCELLED;
    }
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

static gboolean
sieve_holds (const Sieve *self,
             gint64       id)
{
  guint64 place;

  if (self->words == NULL)
    return TRUE;
  place = sieve_place (self, id);
  return self->words[place / 64] >> place % 64 & 1;
}

/* The first of the rows up to @end that @sieve holds and whose key begins so; it is read. */
static gboolean
find_by_keys (kvault             *vault,
              GBytes             *prefix,
              const CofferMarks  *rows,
              guint               end,
              const Sieve        *sieve,
              GCancellable       *cancellable,
              guint              *position,
              GError            **error)
{
  gsize size;
  gconstpointer bytes = g_bytes_get_data (prefix, &size);
  g_autoptr(kvault_cursor) held G_GNUC_UNUSED = coffer_hold_cursor (vault);

  for (guint i = 0; i < end; i++)
    {
      g_autoptr(GPtrArray) keys = NULL;
      CofferKey *key;
      gsize key_size;
      gconstpointer key_bytes;

      if (!sieve_holds (sieve, g_array_index (rows->ids, gint64, i)))
        continue;
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      keys = coffer_ids_read (vault, &g_array_index (rows->ids, gint64, i), &g_array_index (rows->prints, guint32, i), 1, error);
      if (keys == NULL)
        return FALSE;
      key = g_ptr_array_index (keys, 0);
      if (key == NULL || coffer_key_get_class (key) != KVAULT_CLASS_BLOB)
        continue;
      key_bytes = g_bytes_get_data (coffer_key_get_bytes (key), &key_size);
      if (key_size < size || memcmp (key_bytes, bytes, size) != 0)
        continue;
      *position = i;
      break;
    }
  return TRUE;
}

/* More keys begin so than are looked for one by one. In a list with as many of them in front the first few rows have one. */
static gboolean
seek_among_many (const CofferSeekRequest  *request,
                 kvault                   *vault,
                 const CofferMarks        *rows,
                 CofferSought             *sought,
                 GCancellable             *cancellable,
                 GError                  **error)
{
  g_autofree guint64 *words = NULL;
  Sieve sieve = { 0 };
  guint end = request->thorough ? rows->ids->len : MIN (rows->ids->len, FIRST_ROWS);
  int rc = KVAULT_OK;

  if (request->thorough && rows->ids->len > MOST_FOUND)
    rc = sieve_fill (&sieve, rows->ids->len, vault, request->prefix, cancellable);
  words = sieve.words;
  if (rc != KVAULT_OK)
    {
      *error = coffer_error_new (vault, rc);
      return FALSE;
    }
  if (!find_by_keys (vault, request->prefix, rows, end, &sieve, cancellable, &sought->position, error))
    return FALSE;
  sought->unsure = sought->position == G_MAXUINT && end < rows->ids->len;
  return TRUE;
}

gpointer
coffer_seek_worker (kvault        *vault,
                    gpointer       data,
                    GCancellable  *cancellable,
                    GError       **error)
{
  const CofferSeekRequest *request = data;
  g_autoptr(GArray) wanted = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autofree CofferSought *sought = g_new0 (CofferSought, 1);
  const gint64 *ids;
  CofferMarks rows;
  gboolean exact, more, done = TRUE;
  int rc;

  if (request->is_key)
    {
      join_ids (&request->ids, &rows);
      sought->position = request->id != 0 ? find_one_of (rows.ids, &request->id, 1) : G_MAXUINT;
      coffer_marks_clear (&rows);
      return g_steal_pointer (&sought);
    }
  rc = list_beginning (vault, request->prefix, wanted, &exact, &more);
  if (rc != KVAULT_OK)
    {
      *error = coffer_error_new (vault, rc);
      return NULL;
    }
  ids = (const gint64 *) (gpointer) wanted->data;
  join_ids (&request->ids, &rows);
  sought->position = exact ? find_one_of (rows.ids, ids, 1) : G_MAXUINT;
  if (sought->position == G_MAXUINT && !more)
    sought->position = find_one_of (rows.ids, ids, wanted->len);
  else if (sought->position == G_MAXUINT)
    done = seek_among_many (request, vault, &rows, sought, cancellable, error);
  coffer_marks_clear (&rows);
  return done ? g_steal_pointer (&sought) : NULL;
}
