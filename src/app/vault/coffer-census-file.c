/* SPDX-License-Identifier: MIT */
/*
 * A census kept in a file of the cache folder, whose head says what it is of. Such a file is written by this program, but need not
 * be what was written: nothing in it is taken for what it should be before it was looked at. Lanes.
 *
 *     Head │ path NUL table NUL │ labels, a NUL behind each │ the shapes of all blocks │ the packed numbers of all blocks
 */
#define G_LOG_DOMAIN "coffer-census"

#include "coffer-census-private.h"

#include <glib/gstdio.h>
#include <string.h>

#define MAGIC "coffer census 2\n"
#define MOST_LABELS_SIZE (64 * 1024)
#define BUFFER_SIZE (64 * 1024)
#define MOST_KEPT (G_GUINT64_CONSTANT (512) * 1000 * 1000)

/* What a file begins with. Of this machine: another one's would not be taken for it. */
typedef struct {
  char magic[16];
  guint64 byte_order;
  CofferFileState state;
  guint64 has_types;
  guint64 n_blocks, packed_size;
  guint64 names_size, labels_size;
  guint64 digest;                   /* of all rows and labels */
} Head;

static void
append_name (GByteArray *bytes,
             const char *name)
{
  g_byte_array_append (bytes, (const guint8 *) name, strlen (name) + 1);
}

static GByteArray *
list_names (const char *path,
            const char *table)
{
  GByteArray *bytes = g_byte_array_new ();

  append_name (bytes, path);
  append_name (bytes, table);
  return bytes;
}

static GByteArray *
list_labels (const CofferCensus *self)
{
  GByteArray *bytes = g_byte_array_new ();

  for (guint i = 1; i < self->labels->len; i++)
    append_name (bytes, g_ptr_array_index (self->labels, i));
  return bytes;
}

static guint64
digest_all (const CofferCensus *self)
{
  guint64 digest = self->digest;

  for (guint i = 1; i < self->labels->len; i++)
    digest = digest * 31 + g_str_hash (g_ptr_array_index (self->labels, i));
  return digest;
}

/* ---- writing ---- */

static gboolean
write_all (GOutputStream  *stream,
           gconstpointer   data,
           gsize           size,
           GError        **error)
{
  return size == 0 || g_output_stream_write_all (stream, data, size, NULL, NULL, error);
}

static gboolean
write_blocks (const CofferCensus  *self,
              GOutputStream       *stream,
              GError             **error)
{
  const CofferCensusBlock *blocks = (gconstpointer) self->blocks->data;

  for (guint i = 0; i < self->blocks->len; i++)
    if (!write_all (stream, &blocks[i].shape, sizeof blocks[i].shape, error))
      return FALSE;
  for (guint i = 0; i < self->blocks->len; i++)
    if (!write_all (stream, blocks[i].packed, coffer_census_shape_get_size (&blocks[i].shape), error))
      return FALSE;
  return TRUE;
}

static gboolean
write_parts (const CofferCensus     *self,
             GOutputStream          *file,
             const char             *path,
             const char             *table,
             const CofferFileState  *state,
             GError                **error)
{
  g_autoptr(GOutputStream) stream = g_buffered_output_stream_new_sized (file, BUFFER_SIZE);
  g_autoptr(GByteArray) names = list_names (path, table);
  g_autoptr(GByteArray) labels = list_labels (self);
  Head head = { .magic = MAGIC, .byte_order = G_BYTE_ORDER, .state = *state, .has_types = self->has_types,
                .n_blocks = self->blocks->len, .names_size = names->len, .labels_size = labels->len,
                .digest = digest_all (self) };

  g_filter_output_stream_set_close_base_stream (G_FILTER_OUTPUT_STREAM (stream), FALSE);
  for (guint i = 0; i < self->blocks->len; i++)
    head.packed_size += coffer_census_shape_get_size (&g_array_index (self->blocks, CofferCensusBlock, i).shape);
  return write_all (stream, &head, sizeof head, error) &&
         write_all (stream, names->data, names->len, error) &&
         write_all (stream, labels->data, labels->len, error) &&
         write_blocks (self, stream, error) &&
         g_output_stream_flush (stream, NULL, error);
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
  g_autoptr(GCancellable) cancelled = g_cancellable_new ();
  g_autoptr(GFileOutputStream) stream = NULL;

  g_assert (self->open == NULL);

  if (g_mkdir_with_parents (folder, 0700) != 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: no folder", folder);
      return FALSE;
    }
  stream = g_file_replace (target, NULL, FALSE, G_FILE_CREATE_PRIVATE | G_FILE_CREATE_REPLACE_DESTINATION, NULL, error);
  if (stream == NULL)
    return FALSE;
  if (write_parts (self, G_OUTPUT_STREAM (stream), path, table, state, error))
    return g_output_stream_close (G_OUTPUT_STREAM (stream), NULL, error);
  g_cancellable_cancel (cancelled);   /* closed so, it does not take the place of what was there */
  g_output_stream_close (G_OUTPUT_STREAM (stream), cancelled, NULL);
  return FALSE;
}

/* ---- reading ---- */

static gboolean
read_all (GInputStream *stream,
          gpointer      data,
          gsize         size)
{
  gsize n_read;

  return size == 0 || (g_input_stream_read_all (stream, data, size, &n_read, NULL, NULL) && n_read == size);
}

/* Whether the parts are as long as the file, none of them by far longer than it could be. */
static gboolean
has_size (const Head *head,
          guint64     size)
{
  guint64 left = size - sizeof *head;

  if (head->names_size > left || head->labels_size > MOST_LABELS_SIZE ||
      head->n_blocks > MIN (left / sizeof (CofferCensusShape), G_MAXUINT))
    return FALSE;
  left -= head->names_size;
  if (head->labels_size > left || head->n_blocks * sizeof (CofferCensusShape) > left - head->labels_size)
    return FALSE;
  return head->packed_size == left - head->labels_size - head->n_blocks * sizeof (CofferCensusShape);
}

static gboolean
read_head (GFileInputStream      *file,
           GInputStream          *stream,
           const CofferFileState *state,
           Head                  *head)
{
  g_autoptr(GFileInfo) info = g_file_input_stream_query_info (file, G_FILE_ATTRIBUTE_STANDARD_SIZE, NULL, NULL);

  return info != NULL && (guint64) g_file_info_get_size (info) >= sizeof *head && read_all (stream, head, sizeof *head) &&
         memcmp (head->magic, MAGIC, sizeof head->magic) == 0 && head->byte_order == G_BYTE_ORDER &&
         coffer_file_state_equal (&head->state, state) && head->has_types <= 1 &&
         has_size (head, (guint64) g_file_info_get_size (info));
}

static gboolean
read_names (GInputStream *stream,
            gsize         size,
            const char   *path,
            const char   *table)
{
  g_autoptr(GByteArray) names = list_names (path, table);
  g_autofree guint8 *found = g_malloc (names->len);

  return size == names->len && read_all (stream, found, size) && memcmp (found, names->data, size) == 0;
}

static gboolean
read_labels (CofferCensus *self,
             GInputStream *stream,
             gsize         size)
{
  g_autofree char *labels = g_malloc (size + 1);

  if (!read_all (stream, labels, size) || (size > 0 && labels[size - 1] != '\0'))
    return FALSE;
  for (const char *label = labels; label < labels + size; label += strlen (label) + 1)
    {
      if (self->labels->len == COFFER_CENSUS_MOST_LABELS || !g_utf8_validate (label, -1, NULL))
        return FALSE;
      g_ptr_array_add (self->labels, (gpointer) g_intern_string (label));
    }
  return TRUE;
}

static gboolean
read_shapes (CofferCensus *self,
             GInputStream *stream,
             const Head   *head)
{
  guint64 size = 0;

  for (guint i = 0; i < head->n_blocks; i++)
    {
      CofferCensusBlock block = { 0 };

      if (!read_all (stream, &block.shape, sizeof block.shape) || !coffer_census_shape_is_sound (&block.shape))
        return FALSE;
      size += coffer_census_shape_get_size (&block.shape);
      g_array_append_val (self->blocks, block);
    }
  return size == head->packed_size;
}

static gboolean
read_packed (CofferCensus *self,
             GInputStream *stream)
{
  for (guint i = 0; i < self->blocks->len; i++)
    {
      CofferCensusBlock *block = &g_array_index (self->blocks, CofferCensusBlock, i);
      const CofferCensusShape shape = block->shape;

      coffer_census_block_init (block, &shape);
      if (!read_all (stream, block->packed, coffer_census_shape_get_size (&shape)))
        return FALSE;
    }
  return TRUE;
}

/* Counts the rows of a block as it goes. Whether ids ascend, from behind @last on, and types have their labels. */
static gboolean
check_block (CofferCensus            *self,
             const CofferCensusBlock *block,
             gint64                  *last)
{
  for (guint i = 0; i < block->shape.n_rows; i++)
    {
      CofferCensusRow row;

      coffer_census_block_get (block, i, &row);
      if (self->n_rows > 0 && row.id <= *last)
        return FALSE;
      if (row.type >= self->labels->len)
        return FALSE;
      *last = row.id;
      coffer_census_note (self, &row);
    }
  return TRUE;
}

static gboolean
check_blocks (CofferCensus *self)
{
  gint64 last = 0;

  for (guint i = 0; i < self->blocks->len; i++)
    {
      const CofferCensusBlock *block = &g_array_index (self->blocks, CofferCensusBlock, i);
      CofferCensusRow first;

      coffer_census_block_get (block, 0, &first);
      if (first.id != block->shape.first_id || !check_block (self, block, &last))
        return FALSE;
    }
  return TRUE;
}

/* Straight into where it stays: there is no other copy of it. */
CofferCensus *
coffer_census_load (const char            *file,
                    const char            *path,
                    const char            *table,
                    const CofferFileState *state)
{
  g_autoptr(GFile) source = g_file_new_for_path (file);
  g_autoptr(GFileInputStream) base = g_file_read (source, NULL, NULL);
  g_autoptr(GInputStream) stream = NULL;
  g_autoptr(CofferCensus) self = NULL;
  Head head;

  if (base == NULL)
    return NULL;
  stream = g_buffered_input_stream_new_sized (G_INPUT_STREAM (base), BUFFER_SIZE);
  if (!read_head (base, stream, state, &head) || !read_names (stream, head.names_size, path, table))
    return NULL;
  self = coffer_census_new (head.has_types != 0);
  coffer_census_end (self);
  if (!read_labels (self, stream, head.labels_size) || !read_shapes (self, stream, &head) || !read_packed (self, stream) ||
      !check_blocks (self) || digest_all (self) != head.digest)
    return NULL;
  return g_steal_pointer (&self);
}

/* ---- the folder ---- */

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
