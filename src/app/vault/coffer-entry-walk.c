/* SPDX-License-Identifier: MIT */
/*
 * What the entry list asks of the lanes about keys in their order: the walk over all of them in slices, blocks read again, and the
 * sizes and types of rows. Rows on screen have the LIST lane, in short jobs, and never wait for a walk, which has another; and
 * every cursor is closed before a job ends: the list holds no read transaction while nothing is asked.
 */
#define G_LOG_DOMAIN "coffer-entry-list"

#include "coffer-entry-walk.h"

#include "coffer-error-private.h"
#include "coffer-value.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define ROWS_US (8 * 1000)
#define SNIFF_BYTES 512
#define MOST_CHANGED 32    /* blocks in one answer: each is told in the same turn of the main loop */
#define MOST_GROWTH 8192   /* rows that a block on show may have got before it is for a walk to sort out */

void
coffer_scope_init (CofferScope *self,
                   GBytes      *prefix,
                   gboolean     descending)
{
  self->prefix = prefix != NULL ? g_bytes_ref (prefix) : NULL;
  self->descending = descending;
}

void
coffer_scope_clear (CofferScope *self)
{
  g_clear_pointer (&self->prefix, g_bytes_unref);
}

int
coffer_scope_open_cursor (const CofferScope  *self,
                          kvault             *vault,
                          CofferKey          *key,
                          unsigned            flags,
                          kvault_cursor     **cursor)
{
  kvault_cursor_options options = { .flags = flags | (self->descending ? KVAULT_CURSOR_REVERSE : 0) };

  if (self->prefix != NULL)
    options.prefix = g_bytes_get_data (self->prefix, &options.prefix_size);
  if (key != NULL)
    {
      options.start = g_bytes_get_data (coffer_key_get_bytes (key), &options.start_size);
      options.has_start = TRUE;
      options.start_class = coffer_key_get_class (key);
    }
  return kvault_cursor_open (vault, &options, cursor);
}

/* ---- prints ---- */

guint32
coffer_entry_print (const kvault_entry *entry)
{
  const guint64 odd = G_GUINT64_CONSTANT (0xff51afd7ed558ccd);
  const guint8 *bytes = entry->key;
  guint64 hash = (G_GUINT64_CONSTANT (0x9e3779b97f4a7c15) ^ entry->key_size) * odd;
  guint64 word;

  for (gsize left = entry->key_size; left > 0; left -= MIN (left, sizeof word), bytes += sizeof word)
    {
      word = 0;
      memcpy (&word, bytes, MIN (left, sizeof word));
      hash = (hash ^ word ^ (hash >> 32)) * odd;
    }
  if (entry->key_class != KVAULT_CLASS_BLOB)
    hash = (hash ^ (guint64) entry->id ^ (hash >> 32) ^ entry->key_class) * odd;
  return (guint32) (hash >> 32) ^ (guint32) hash;
}

void
coffer_marks_init (CofferMarks *self)
{
  self->ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->prints = g_array_new (FALSE, FALSE, sizeof (guint32));
}

void
coffer_marks_clear (CofferMarks *self)
{
  g_clear_pointer (&self->ids, g_array_unref);
  g_clear_pointer (&self->prints, g_array_unref);
}

void
coffer_marks_add (CofferMarks *self,
                  gint64       id,
                  guint32      print)
{
  g_array_append_val (self->ids, id);
  g_array_append_val (self->prints, print);
}

/* ---- blocks in the making ---- */

typedef struct {
  GPtrArray *blocks;
  GArray *prints;         /* of guint32: of the block that is being made */
  CofferKey *fence;       /* likewise; NULL before its first row */
} Maker;

static void
maker_init (Maker *self)
{
  self->blocks = g_ptr_array_new_with_free_func (coffer_block_free);
  self->prints = g_array_sized_new (FALSE, FALSE, sizeof (guint32), COFFER_BLOCK_ROWS);
  self->fence = NULL;
}

static void
maker_end_block (Maker *self)
{
  guint n = self->prints->len;
  CofferPrints *prints;

  if (n == 0)
    return;
  prints = coffer_prints_store ((guint32 *) (gpointer) self->prints->data, n);
  g_ptr_array_add (self->blocks, coffer_block_new (g_steal_pointer (&self->fence), prints, n));
  g_array_set_size (self->prints, 0);
}

static void
maker_add (Maker              *self,
           const kvault_entry *entry)
{
  guint32 print = coffer_entry_print (entry);

  if (self->fence == NULL)
    self->fence = coffer_key_new_from_entry (entry);
  g_array_append_val (self->prints, print);
  if (self->prints->len == COFFER_BLOCK_ROWS)
    maker_end_block (self);
}

/* Ends the making. Returns: (transfer full) the blocks */
static GPtrArray *
maker_finish (Maker *self)
{
  maker_end_block (self);
  g_array_unref (self->prints);
  g_clear_pointer (&self->fence, coffer_key_unref);
  return g_steal_pointer (&self->blocks);
}

/* ---- the walk ---- */

void
coffer_slice_request_free (gpointer data)
{
  CofferSliceRequest *request = data;

  coffer_scope_clear (&request->scope);
  g_clear_pointer (&request->after, coffer_key_unref);
  g_free (request);
}

void
coffer_slice_free (gpointer data)
{
  CofferSlice *slice = data;

  g_ptr_array_unref (slice->blocks);
  g_clear_pointer (&slice->last, coffer_key_unref);
  g_clear_error (&slice->error);
  g_free (slice);
}

/* Takes rows into @slice until its time or number is up, at the end of a block. Returns what ended it: KVAULT_OK if that did. */
static int
fill_slice (CofferSlice              *slice,
            Maker                    *maker,
            const CofferSliceRequest *request,
            kvault_cursor            *cursor)
{
  gint64 deadline = g_get_monotonic_time () + request->max_us;
  const kvault_entry *entry;
  int rc;

  while ((rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK)
    {
      maker_add (maker, entry);
      slice->n_rows++;
      if (maker->prints->len > 0)
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
  unsigned flags = KVAULT_CURSOR_IDS | (request->after != NULL ? KVAULT_CURSOR_AFTER : 0);
  g_autoptr(kvault_cursor) cursor = NULL;
  g_autoptr(GError) failure = NULL;
  CofferSlice *slice;
  Maker maker;
  int rc;

  slice = g_new0 (CofferSlice, 1);
  maker_init (&maker);
  if ((rc = coffer_scope_open_cursor (&request->scope, vault, request->after, flags, &cursor)) == KVAULT_OK)
    rc = fill_slice (slice, &maker, request, cursor);
  slice->blocks = maker_finish (&maker);
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

/* ---- blocks read again ---- */

static void
known_block_clear (gpointer data)
{
  CofferKnownBlock *known = data;

  coffer_key_unref (known->fence);
  coffer_prints_unref (known->prints);
}

CofferCheckRequest *
coffer_check_request_new (CofferScope *scope)
{
  CofferCheckRequest *self = g_new0 (CofferCheckRequest, 1);

  coffer_scope_init (&self->scope, scope->prefix, scope->descending);
  self->blocks = g_array_new (FALSE, FALSE, sizeof (CofferKnownBlock));
  g_array_set_clear_func (self->blocks, known_block_clear);
  return self;
}

void
coffer_check_request_add (CofferCheckRequest *self,
                          const CofferBlock  *block)
{
  CofferKnownBlock known = { coffer_key_ref (block->fence), coffer_prints_ref (block->prints), block->n_rows, block->serial };

  g_array_append_val (self->blocks, known);
}

void
coffer_check_request_free (gpointer data)
{
  CofferCheckRequest *self = data;

  coffer_scope_clear (&self->scope);
  g_array_unref (self->blocks);
  g_clear_pointer (&self->end, coffer_key_unref);
  g_clear_pointer (&self->last, coffer_key_unref);
  g_free (self);
}

static void
checked_block_free (gpointer data)
{
  CofferCheckedBlock *self = data;

  g_clear_pointer (&self->blocks, g_ptr_array_unref);
  g_clear_pointer (&self->edits, g_array_unref);
  g_clear_pointer (&self->keys, g_ptr_array_unref);
  g_free (self);
}

void
coffer_check_free (gpointer data)
{
  CofferCheck *self = data;

  g_ptr_array_unref (self->blocks);
  g_clear_error (&self->error);
  g_free (self);
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
  const kvault_entry other = coffer_key_to_entry (fence);
  int order = coffer_key_compare_entries (entry, &other);

  return descending ? order <= 0 : order >= 0;
}

/* Its cursor stands on @entry, which nobody has taken yet. */
typedef struct {
  const CofferCheckRequest *request;
  kvault_cursor *cursor;
  const kvault_entry *entry;
  int rc;                 /* what the step to it came to */
} Checking;

static gboolean
is_within (const Checking *checking,
           CofferKey      *end)
{
  const CofferCheckRequest *request = checking->request;
  gboolean descending = request->scope.descending;

  if (end != NULL)
    return !has_reached (checking->entry, end, descending);
  return request->last == NULL || !has_reached (checking->entry, request->last, descending) ||
         is_key (checking->entry, request->last);
}

/* Of rows that could be read no further, those before are told if they are what was known. */
static void
compare_block (CofferCheckedBlock     *checked,
               const CofferKnownBlock *known,
               const GArray           *prints,
               gboolean                whole)
{
  g_autofree guint32 *before = g_new (guint32, known->n_rows);
  gboolean alike;

  coffer_prints_read (known->prints, before);
  alike = prints->len <= known->n_rows && memcmp (prints->data, before, prints->len * sizeof (guint32)) == 0;

  if (alike && (!whole || prints->len == known->n_rows))
    g_clear_pointer (&checked->blocks, g_ptr_array_unref);
  else if (whole)
    checked->edits = coffer_edits_of_prints (before, known->n_rows, (guint32 *) (gpointer) prints->data, prints->len);
  else
    checked->overgrown = TRUE;
}

/* Reads the rows up to @end (NULL: to the last) as those of one block. */
static CofferCheckedBlock *
check_block (Checking               *checking,
             const CofferKnownBlock *known,
             CofferKey              *end)
{
  CofferCheckedBlock *checked = g_new0 (CofferCheckedBlock, 1);
  guint most = checking->request->want_keys ? known->n_rows + MOST_GROWTH : G_MAXUINT;
  g_autoptr(GArray) prints = g_array_sized_new (FALSE, FALSE, sizeof (guint32), known->n_rows + 8);
  Maker maker;

  checked->serial = known->serial;
  if (checking->request->want_keys)
    checked->keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  maker_init (&maker);
  while (checking->rc == KVAULT_OK && prints->len < most && is_within (checking, end))
    {
      guint32 print = coffer_entry_print (checking->entry);

      g_array_append_val (prints, print);
      maker_add (&maker, checking->entry);
      if (checked->keys != NULL)
        g_ptr_array_add (checked->keys, coffer_key_new_from_entry (checking->entry));
      checking->rc = kvault_cursor_next (checking->cursor, &checking->entry);
    }
  checked->blocks = maker_finish (&maker);
  compare_block (checked, known, prints, prints->len < most && (checking->rc == KVAULT_OK || checking->rc == KVAULT_NOTFOUND));
  return checked;
}

static void
check_blocks (Checking    *checking,
              CofferCheck *check)
{
  const CofferCheckRequest *request = checking->request;
  gint64 deadline = g_get_monotonic_time () + request->max_us;
  guint n_changed = 0;

  for (guint i = 0; i < request->blocks->len && n_changed < MOST_CHANGED && (i == 0 || g_get_monotonic_time () < deadline); i++)
    {
      const CofferKnownBlock *known = &g_array_index (request->blocks, CofferKnownBlock, i);
      CofferKey *end = i + 1 < request->blocks->len ? known[1].fence : request->end;
      CofferCheckedBlock *checked = check_block (checking, known, end);
      gboolean failed = checking->rc != KVAULT_OK && checking->rc != KVAULT_NOTFOUND;

      if (failed && (checked->overgrown || checked->keys == NULL || checked->keys->len == 0))
        checked_block_free (checked);
      else
        g_ptr_array_add (check->blocks, checked);
      if (failed)
        return;
      n_changed += checked->blocks != NULL;
    }
}

gpointer
coffer_check_worker (kvault        *vault,
                     gpointer       data,
                     GCancellable  *cancellable,
                     GError       **error)
{
  const CofferCheckRequest *request = data;
  CofferKey *start = request->from_start ? NULL : g_array_index (request->blocks, CofferKnownBlock, 0).fence;
  g_autoptr(kvault_cursor) cursor = NULL;
  Checking checking = { .request = request };
  CofferCheck *check = g_new0 (CofferCheck, 1);

  check->blocks = g_ptr_array_new_with_free_func (checked_block_free);
  checking.rc = coffer_scope_open_cursor (&request->scope, vault, start, KVAULT_CURSOR_IDS, &cursor);
  checking.cursor = cursor;
  if (checking.rc == KVAULT_OK)
    checking.rc = kvault_cursor_next (cursor, &checking.entry);
  if (checking.rc == KVAULT_OK || checking.rc == KVAULT_NOTFOUND)
    check_blocks (&checking, check);
  if (checking.rc == KVAULT_OK || checking.rc == KVAULT_NOTFOUND)
    return check;

  check->error = coffer_error_new (vault, checking.rc);
  if (check->blocks->len > 0 && checking.rc != KVAULT_ECANCELLED)
    return check;
  *error = g_steal_pointer (&check->error);
  coffer_check_free (check);
  return NULL;
}

/* ---- sizes and types ---- */

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

int
coffer_entry_sniff (kvault              *vault,
                    const kvault_entry  *entry,
                    guint64             *size,
                    const char         **content_type,
                    const char         **type_label)
{
  guint8 head[SNIFF_BYTES];
  gsize len;
  int rc;

  if ((rc = kvault_head (vault, entry, head, sizeof head, &len, size)) == KVAULT_OK)
    coffer_value_classify (kvault_table_kind (vault), head, len, *size, content_type, type_label);
  return rc;
}

/*
 * Keeps a transaction open as long as it is: most of what one row costs is to begin one. Those are rows that are read in a
 * moment, so nobody is kept waiting. NULL if it cannot be had.
 */
kvault_cursor *
coffer_hold_cursor (kvault *vault)
{
  kvault_cursor_options options = { .flags = KVAULT_CURSOR_STORED };
  kvault_cursor *cursor;
  const kvault_entry *entry;

  if (kvault_cursor_open (vault, &options, &cursor) == KVAULT_OK && kvault_cursor_next (cursor, &entry) == KVAULT_OK)
    return cursor;
  kvault_cursor_close (cursor);
  return NULL;
}

/* FALSE if reading was cancelled and the row is as unknown as before. */
static gboolean
read_row (kvault    *vault,
          CofferRow *row)
{
  kvault_entry entry = coffer_key_to_entry (row->key);
  g_autoptr(GError) failure = NULL;
  g_autofree char *line = NULL;
  int rc;

  row->facts.size = G_MAXUINT64;
  row->facts.unsaved = entry.key_class == KVAULT_CLASS_BLOB && kvault_is_shelved (vault, entry.key, entry.key_size);
  if ((rc = coffer_entry_sniff (vault, &entry, &row->facts.size, &row->facts.content_type, &row->facts.type_label)) != KVAULT_OK)
    {
      if (rc == KVAULT_ECANCELLED)
        return FALSE;
      row->facts.size = G_MAXUINT64;
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
  g_autoptr(kvault_cursor) held G_GNUC_UNUSED = coffer_hold_cursor (vault);

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
coffer_id_parse (GBytes *digits,
                 gint64 *id)
{
  gsize size;
  gconstpointer bytes = g_bytes_get_data (digits, &size);
  g_autofree char *text = g_strndup (bytes != NULL ? bytes : "", size);

  return g_ascii_string_to_signed (text, 10, G_MININT64, G_MAXINT64, id, NULL);
}

/* What is no number comes behind all of them, as letters do behind digits. */
gboolean
coffer_id_reaches (const char *key,
                   GBytes     *digits,
                   gboolean    descending)
{
  gint64 id = g_ascii_strtoll (key, NULL, 10), sought;

  if (!coffer_id_parse (digits, &sought))
    return descending;
  return descending ? id <= sought : id >= sought;
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
