/* SPDX-License-Identifier: MIT */
/*
 * What is known of all values of a table: sizes of 32 bits in the order of row ids, with what does not fit beside them, and runs of
 * ids that follow each other, of which most tables have one. Kept in a file whose head says what it is of.
 */
#define G_LOG_DOMAIN "coffer-census"

#include "coffer-census.h"

#include <glib/gstdio.h>
#include <string.h>

#define MAGIC "coffer census 1\n"
#define LARGE G_MAXUINT32          /* the size is in `large` */
#define MOST_TYPES 255             /* and one for those that have none */
#define MOST_KEPT (G_GUINT64_CONSTANT (512) * 1000 * 1000)

/* Rows with ids from @id on, one after the other. */
typedef struct {
  gint64 id;
  guint64 index;                   /* of the first */
} Run;

typedef struct {
  guint64 index;
  guint64 size;
} Large;

struct _CofferCensus {
  gatomicrefcount refs;
  gboolean has_types;
  GArray *runs;                    /* of Run */
  GArray *large;                   /* of Large, ascending */
  GArray *sizes;                   /* of guint32 */
  GByteArray *types;               /* numbers in `labels` */
  GPtrArray *labels;               /* interned; the first is NULL */
  gint64 last_id;
  guint64 n_bytes;
  guint64 unreadable;
};

CofferCensus *
coffer_census_new (gboolean has_types)
{
  CofferCensus *self = g_new0 (CofferCensus, 1);

  g_atomic_ref_count_init (&self->refs);
  self->has_types = has_types;
  self->runs = g_array_new (FALSE, FALSE, sizeof (Run));
  self->large = g_array_new (FALSE, FALSE, sizeof (Large));
  self->sizes = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->types = g_byte_array_new ();
  self->labels = g_ptr_array_new ();
  g_ptr_array_add (self->labels, NULL);
  return self;
}

CofferCensus *
coffer_census_ref (CofferCensus *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
coffer_census_unref (CofferCensus *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_array_unref (self->runs);
  g_array_unref (self->large);
  g_array_unref (self->sizes);
  g_byte_array_unref (self->types);
  g_ptr_array_unref (self->labels);
  g_free (self);
}

/* The number of a label; 0, none, once there are too many kinds. */
static guint8
number_type (CofferCensus *self,
             const char   *label)
{
  for (guint i = 0; i < self->labels->len; i++)
    if (g_ptr_array_index (self->labels, i) == label)
      return (guint8) i;
  if (self->labels->len > MOST_TYPES)
    return 0;
  g_ptr_array_add (self->labels, (gpointer) label);
  return (guint8) (self->labels->len - 1);
}

void
coffer_census_add (CofferCensus *self,
                   gint64        id,
                   guint64       size,
                   const char   *type_label)
{
  guint64 index = self->sizes->len;
  guint32 small = size < LARGE ? (guint32) size : LARGE;

  if (index == 0 || id != self->last_id + 1)
    {
      Run run = { id, index };

      g_array_append_val (self->runs, run);
    }
  self->last_id = id;
  if (small == LARGE)
    {
      Large large = { index, size };

      g_array_append_val (self->large, large);
    }
  g_array_append_val (self->sizes, small);
  if (self->has_types)
    {
      guint8 type = number_type (self, type_label);

      g_byte_array_append (self->types, &type, 1);
    }
  if (size == G_MAXUINT64)
    self->unreadable++;
  else
    self->n_bytes += size;
}

gboolean
coffer_census_has_types (const CofferCensus *self)
{
  return self->has_types;
}

guint64
coffer_census_get_n_rows (const CofferCensus *self)
{
  return self->sizes->len;
}

guint64
coffer_census_get_n_bytes (const CofferCensus *self)
{
  return self->n_bytes;
}

guint64
coffer_census_get_unreadable (const CofferCensus *self)
{
  return self->unreadable;
}

/* The place of a row among all; G_MAXUINT64 if it has none. */
static guint64
find_index (const CofferCensus *self,
            gint64              id)
{
  guint low = 0;
  guint high = self->runs->len;
  const Run *run;
  guint64 index, end;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (g_array_index (self->runs, Run, middle).id <= id)
        low = middle + 1;
      else
        high = middle;
    }
  if (low == 0)
    return G_MAXUINT64;
  run = &g_array_index (self->runs, Run, low - 1);
  end = low < self->runs->len ? run[1].index : self->sizes->len;
  index = run->index + ((guint64) id - (guint64) run->id);
  return index >= run->index && index < end ? index : G_MAXUINT64;
}

static guint64
find_large (const CofferCensus *self,
            guint64             index)
{
  guint low = 0;
  guint high = self->large->len;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (g_array_index (self->large, Large, middle).index < index)
        low = middle + 1;
      else
        high = middle;
    }
  return g_array_index (self->large, Large, low).size;
}

gboolean
coffer_census_find (const CofferCensus  *self,
                    gint64               id,
                    guint64             *size,
                    const char         **type_label)
{
  guint64 index = find_index (self, id);

  if (index == G_MAXUINT64)
    return FALSE;
  *size = g_array_index (self->sizes, guint32, index);
  if (*size == LARGE)
    *size = find_large (self, index);
  if (type_label != NULL)
    *type_label = self->has_types ? g_ptr_array_index (self->labels, self->types->data[index]) : NULL;
  return TRUE;
}

/* ---- kept in a file ---- */

/* What a file begins with. Of this machine: another one's would not be taken for it. */
typedef struct {
  char magic[16];
  guint64 byte_order;
  CofferFileState state;
  guint64 has_types;
  guint64 n_runs, n_large, n_sizes, n_types;
  guint64 name_size, labels_size;   /* path NUL table NUL; the labels with a NUL behind each */
  guint64 n_bytes, unreadable;
} Head;

static void
append_name (GByteArray *bytes,
             const char *name)
{
  g_byte_array_append (bytes, (const guint8 *) name, strlen (name) + 1);
}

static GByteArray *
list_labels (const CofferCensus *self)
{
  GByteArray *bytes = g_byte_array_new ();

  for (guint i = 1; i < self->labels->len; i++)
    append_name (bytes, g_ptr_array_index (self->labels, i));
  return bytes;
}

static gboolean
write_all (GOutputStream  *stream,
           gconstpointer   data,
           gsize           size,
           GError        **error)
{
  return g_output_stream_write_all (stream, data, size, NULL, NULL, error);
}

static gboolean
write_parts (const CofferCensus  *self,
             GOutputStream       *stream,
             const Head          *head,
             const GByteArray    *names,
             const GByteArray    *labels,
             GError             **error)
{
  return write_all (stream, head, sizeof *head, error) &&
         write_all (stream, self->runs->data, self->runs->len * sizeof (Run), error) &&
         write_all (stream, self->large->data, self->large->len * sizeof (Large), error) &&
         write_all (stream, self->sizes->data, self->sizes->len * sizeof (guint32), error) &&
         write_all (stream, self->types->data, self->types->len, error) &&
         write_all (stream, names->data, names->len, error) &&
         write_all (stream, labels->data, labels->len, error);
}

gboolean
coffer_census_save (const CofferCensus     *self,
                    const char             *file,
                    const char             *path,
                    const char             *table,
                    const CofferFileState  *state,
                    GError                **error)
{
  g_autoptr(GFile) target = g_file_new_for_path (file);
  g_autofree char *folder = g_path_get_dirname (file);
  g_autoptr(GByteArray) names = g_byte_array_new ();
  g_autoptr(GByteArray) labels = list_labels (self);
  g_autoptr(GFileOutputStream) stream = NULL;
  Head head = { .magic = MAGIC, .byte_order = G_BYTE_ORDER, .state = *state, .has_types = self->has_types,
                .n_runs = self->runs->len, .n_large = self->large->len, .n_sizes = self->sizes->len,
                .n_types = self->types->len, .n_bytes = self->n_bytes, .unreadable = self->unreadable };

  append_name (names, path);
  append_name (names, table);
  head.name_size = names->len;
  head.labels_size = labels->len;
  if (g_mkdir_with_parents (folder, 0700) != 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: no folder", folder);
      return FALSE;
    }
  stream = g_file_replace (target, NULL, FALSE, G_FILE_CREATE_PRIVATE | G_FILE_CREATE_REPLACE_DESTINATION, NULL, error);
  if (stream == NULL)
    return FALSE;
  if (write_parts (self, G_OUTPUT_STREAM (stream), &head, names, labels, error))
    return g_output_stream_close (G_OUTPUT_STREAM (stream), NULL, error);
  {
    g_autoptr(GCancellable) cancelled = g_cancellable_new ();

    g_cancellable_cancel (cancelled);   /* closed so, it does not take the place of what was there */
    g_output_stream_close (G_OUTPUT_STREAM (stream), cancelled, NULL);
  }
  return FALSE;
}

/* A reader of the parts behind the head. */
typedef struct {
  const char *at;
  gsize left;
} Parts;

static gconstpointer
take_part (Parts   *parts,
           guint64  n,
           gsize    size)
{
  gconstpointer part = parts->at;

  if (n > parts->left / size)
    return NULL;
  parts->at += n * size;
  parts->left -= n * size;
  return part;
}

static gboolean
take_labels (CofferCensus *self,
             const char   *labels,
             gsize         size)
{
  for (const char *end = labels + size; labels < end; labels += strlen (labels) + 1)
    {
      if (memchr (labels, '\0', end - labels) == NULL || self->labels->len > MOST_TYPES)
        return FALSE;
      g_ptr_array_add (self->labels, (gpointer) g_intern_string (labels));
    }
  return TRUE;
}

/* Whether the numbers in it lead nowhere else. */
static gboolean
is_sound (const CofferCensus *self)
{
  guint64 n_large = 0;

  for (guint i = 0; i < self->runs->len; i++)
    {
      const Run *run = &g_array_index (self->runs, Run, i);

      if (i == 0 ? run->index != 0 : run->id <= run[-1].id || run->index <= run[-1].index)
        return FALSE;
      if (run->index >= self->sizes->len)
        return FALSE;
    }
  for (guint i = 0; i < self->types->len; i++)
    if (self->types->data[i] >= self->labels->len)
      return FALSE;
  for (guint i = 0; i < self->sizes->len; i++)
    if (g_array_index (self->sizes, guint32, i) == LARGE &&
        (n_large >= self->large->len || g_array_index (self->large, Large, n_large++).index != i))
      return FALSE;
  return n_large == self->large->len && (self->runs->len > 0 || self->sizes->len == 0);
}

static CofferCensus *
take_census (const Head *head,
             Parts      *parts,
             const char *path,
             const char *table)
{
  g_autoptr(CofferCensus) self = coffer_census_new (head->has_types != 0);
  g_autoptr(GByteArray) names = g_byte_array_new ();
  gconstpointer runs = take_part (parts, head->n_runs, sizeof (Run));
  gconstpointer large = runs != NULL ? take_part (parts, head->n_large, sizeof (Large)) : NULL;
  gconstpointer sizes = large != NULL ? take_part (parts, head->n_sizes, sizeof (guint32)) : NULL;
  gconstpointer types = sizes != NULL ? take_part (parts, head->n_types, 1) : NULL;
  gconstpointer name = types != NULL ? take_part (parts, head->name_size, 1) : NULL;
  gconstpointer labels = name != NULL ? take_part (parts, head->labels_size, 1) : NULL;

  append_name (names, path);
  append_name (names, table);
  if (labels == NULL || parts->left != 0 || head->n_types != (self->has_types ? head->n_sizes : 0) ||
      head->name_size != names->len || memcmp (name, names->data, names->len) != 0 || head->n_sizes > G_MAXUINT)
    return NULL;
  g_array_append_vals (self->runs, runs, head->n_runs);
  g_array_append_vals (self->large, large, head->n_large);
  g_array_append_vals (self->sizes, sizes, head->n_sizes);
  g_byte_array_append (self->types, types, head->n_types);
  self->n_bytes = head->n_bytes;
  self->unreadable = head->unreadable;
  if (!take_labels (self, labels, head->labels_size) || !is_sound (self))
    return NULL;
  return g_steal_pointer (&self);
}

CofferCensus *
coffer_census_load (const char            *file,
                    const char            *path,
                    const char            *table,
                    const CofferFileState *state)
{
  g_autoptr(GMappedFile) mapped = g_mapped_file_new (file, FALSE, NULL);
  const Head *head;
  Parts parts;

  if (mapped == NULL || g_mapped_file_get_length (mapped) < sizeof *head)
    return NULL;
  head = (gconstpointer) g_mapped_file_get_contents (mapped);
  if (memcmp (head->magic, MAGIC, sizeof head->magic) != 0 || head->byte_order != G_BYTE_ORDER ||
      !coffer_file_state_equal (&head->state, state))
    return NULL;
  parts = (Parts) { (const char *) (head + 1), g_mapped_file_get_length (mapped) - sizeof *head };
  return take_census (head, &parts, path, table);
}

static char *
dup_folder (void)
{
  return g_build_filename (g_get_user_cache_dir (), "coffer", "sizes", NULL);
}

char *
coffer_census_dup_file (const char *path,
                        const char *table)
{
  g_autoptr(GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *folder = dup_folder ();

  g_checksum_update (sum, (const guchar *) path, strlen (path) + 1);
  g_checksum_update (sum, (const guchar *) table, strlen (table));
  return g_build_filename (folder, g_checksum_get_string (sum), NULL);
}

typedef struct {
  char *path;
  guint64 size;
  gint64 used;
} Kept;

static void
kept_clear (gpointer data)
{
  g_free (((Kept *) data)->path);
}

static int
compare_kept (gconstpointer a,
              gconstpointer b)
{
  gint64 x = ((const Kept *) a)->used, y = ((const Kept *) b)->used;

  return x > y ? -1 : x < y;
}

void
coffer_census_sweep (void)
{
  g_autofree char *folder = dup_folder ();
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  g_autoptr(GArray) all = g_array_new (FALSE, FALSE, sizeof (Kept));
  guint64 total = 0;
  const char *name;

  g_array_set_clear_func (all, kept_clear);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      Kept kept = { g_build_filename (folder, name, NULL) };
      GStatBuf st;

      if (g_stat (kept.path, &st) == 0)
        {
          kept.size = (guint64) st.st_size;
          kept.used = MAX (st.st_mtime, st.st_atime);
        }
      g_array_append_val (all, kept);
    }
  g_array_sort (all, compare_kept);
  for (guint i = 0; i < all->len; i++)
    {
      const Kept *kept = &g_array_index (all, Kept, i);

      total += kept->size;
      if (total > MOST_KEPT)
        g_unlink (kept->path);
    }
}
