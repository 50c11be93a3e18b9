/* SPDX-License-Identifier: MIT */
/*
 * What a value has to show: taken from it on the vault's preview lane, completed on the threads below, read by the main one.
 * One thread has it at a time; it goes from one to the next whole.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-content-private.h"

#include <coffer-draw.h>
#include <coffer-frame-count.h>
#include <coffer-svg-files.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "coffer-content-sample.h"
#include "coffer-document.h"

/* Pictures up to here are read at one go, so that the value is free again and the lane stops at once. */
#define SMALL_SIZE (32 << 20)
/* Of formats that are decoded only as a whole: as many bytes as are kept in memory, twice, with the loader's. */
#define MAX_WHOLE_SIZE (128 << 20)
#define MAX_SVG_SIZE (16 << 20)
/* In which EXIF is. */
#define EXIF_HEAD_SIZE (256 << 10)

#define PIECE_SIZE (256 << 10)
#define N_THREADS 2
/* Of a value that may be zeros alone. */
#define MAX_ZEROS (8 << 20)
/* Of values that are read in case they are wanted. */
#define MAX_AHEAD_SIZE (16 << 20)

static CofferContent *
content_new (const CofferValueFacts *facts,
             CofferContentWish      *wish)
{
  CofferContent *self = g_new0 (CofferContent, 1);

  self->facts = coffer_value_facts_copy (facts);
  self->kind = coffer_show_as_get_kind (wish->show_as, facts);
  self->max_width = wish->width;
  self->max_height = wish->height;
  self->enlarge = wish->enlarge;
  self->progress = wish->progress != NULL ? coffer_progress_ref (wish->progress) : NULL;

  return self;
}

void
coffer_content_free (CofferContent *self)
{
  coffer_image_clear (&self->image);
  g_clear_pointer (&self->exif, coffer_exif_free);
  g_clear_pointer (&self->facts, coffer_value_facts_free);
  g_clear_pointer (&self->sample, g_bytes_unref);
  g_clear_pointer (&self->pending, g_bytes_unref);
  g_clear_pointer (&self->progress, coffer_progress_unref);
  g_clear_error (&self->problem);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_pointer (&self->tree, coffer_tree_unref);
  g_clear_pointer (&self->document, g_strfreev);
  g_free (self);
}

void
coffer_content_set_type (CofferContent *self,
                         const char    *content_type,
                         char          *description)
{
  g_free (self->facts->content_type);
  self->facts->content_type = g_strdup (content_type);
  g_free (self->facts->description);
  self->facts->description = description;
}

/* FALSE only when there is nothing left to show anyone: cancelled. Everything else is a problem to tell of. */
static gboolean
take_problem (CofferContent  *self,
              GError         *problem,
              GError        **error)
{
  if (g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_propagate_error (error, problem);
      return FALSE;
    }

  self->problem = problem;

  return TRUE;
}

/* The thread that decodes: a content of its own, to be shown until there is the whole. */
static void
progress_cb (const CofferImage *so_far,
             gpointer           data)
{
  CofferContent *self = data, *partial = g_new0 (CofferContent, 1);

  partial->kind = self->kind;
  partial->facts = coffer_value_facts_copy (self->facts);
  partial->image = *so_far;
  g_object_ref (so_far->texture);
  coffer_progress_tell (self->progress, partial);
}

static gboolean
decode (CofferContent  *self,
        const char     *content_type,
        GInputStream   *stream,
        GCancellable   *cancellable,
        GError        **error)
{
  GError *problem = NULL;

  return coffer_image_decode_slowly (&self->image, content_type, stream, self->max_width, self->max_height,
                                     self->progress != NULL ? progress_cb : NULL, self, cancellable, &problem) ||
         take_problem (self, problem, error);
}

/* Reads to the end of @stream, or fails if it is longer than @max. @likely: how long it is, unless it is compressed */
static GBytes *
read_whole (GInputStream  *stream,
            gsize          likely,
            gsize          max,
            GCancellable  *cancellable,
            GError       **error)
{
  g_autoptr(GByteArray) bytes = g_byte_array_sized_new (MIN (likely, max) + PIECE_SIZE);
  gsize size = 0;
  gssize len;

  do
    {
      g_byte_array_set_size (bytes, size + PIECE_SIZE);
      len = g_input_stream_read (stream, bytes->data + size, PIECE_SIZE, cancellable, error);
      size += MAX (len, 0);
      if (size > max)
        {
          g_autofree char *words = g_format_size (max);

          g_set_error (error, COFFER_IMAGE_ERROR, COFFER_IMAGE_ERROR_TOO_LARGE,
                       _("A picture of this kind is shown up to %s"), words);
          return NULL;
        }
    }
  while (len > 0);
  g_byte_array_set_size (bytes, size);

  return len == 0 ? g_byte_array_free_to_bytes (g_steal_pointer (&bytes)) : NULL;
}

/* Of those formats that are not decoded in pieces, WebP. */
static gboolean
moves (GBytes *bytes)
{
  CofferFrameCount count;
  gsize len;
  const guint8 *data = g_bytes_get_data (bytes, &len);

  coffer_frame_count_init (&count);
  coffer_frame_count_feed (&count, data, len);

  return count.n_frames > 1;
}

/* GdkPixbuf would have the whole picture in memory. */
static gboolean
is_huge_png (CofferContent *self)
{
  gsize len;
  const guint8 *data = g_bytes_get_data (self->pending, &len);
  guint32 width, height;

  if (!g_content_type_is_a (self->facts->content_type, "image/png") || len < 24)
    return FALSE;

  memcpy (&width, data + 16, sizeof width);
  memcpy (&height, data + 20, sizeof height);

  return (guint64) GUINT32_FROM_BE (width) * GUINT32_FROM_BE (height) > COFFER_IMAGE_MAX_PIXELS;
}

/* A drawing can ask for any time and memory, and a loader that wants all bytes first cannot be stopped: another process has them,
 * which can be. It does not make pictures move, and reduces a PNG of any size.
 */
static gboolean
is_for_draw (CofferContent *self)
{
  return self->pending != NULL && coffer_draw_is_possible () && g_bytes_get_size (self->pending) <= COFFER_DRAW_MAX_SIZE &&
         (coffer_image_is_incremental (self->facts->content_type) ? is_huge_png (self) : !moves (self->pending));
}

static gboolean
read_pending (CofferContent  *self,
              GInputStream   *stream,
              gsize           max,
              GCancellable   *cancellable,
              GError        **error)
{
  GError *problem = NULL;

  self->pending = read_whole (stream, self->facts->size, max, cancellable, &problem);
  self->elsewhere = is_for_draw (self);

  return self->pending != NULL || take_problem (self, problem, error);
}

static gboolean
is_drawing (CofferContent *self)
{
  return g_content_type_is_a (self->facts->content_type, "image/svg+xml");
}

static void
read_exif (CofferContent *self,
           GBytes        *bytes)
{
  gsize len;
  const guint8 *data = g_bytes_get_data (bytes, &len);

  self->exif = coffer_exif_read (data, len);
}

/* Of one that is decoded without being read at one go. */
static void
read_exif_of_head (CofferContent *self,
                   GInputStream  *stream,
                   GCancellable  *cancellable)
{
  g_autoptr(GBytes) head = NULL;

  if (g_seekable_seek (G_SEEKABLE (stream), self->facts->data_offset, G_SEEK_SET, cancellable, NULL))
    head = g_input_stream_read_bytes (stream, EXIF_HEAD_SIZE, cancellable, NULL);
  if (head != NULL)
    read_exif (self, head);
}

static gboolean
load_image (CofferContent  *self,
            GInputStream   *stream,
            GCancellable   *cancellable,
            GError        **error)
{
  if (self->facts->size <= SMALL_SIZE || !coffer_image_is_incremental (self->facts->content_type))
    return read_pending (self, stream, is_drawing (self) ? MAX_SVG_SIZE : MAX_WHOLE_SIZE, cancellable, error);
  if (!decode (self, self->facts->content_type, stream, cancellable, error))
    return FALSE;

  read_exif_of_head (self, stream, cancellable);

  return TRUE;
}

/* A drawing may be compressed; nothing but its first bytes, unpacked, tells it from another archive. */
static gboolean
load_gzip (CofferContent  *self,
           GInputStream   *stream,
           GCancellable   *cancellable,
           GError        **error)
{
  g_autoptr(GZlibDecompressor) gunzip = g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  g_autoptr(GInputStream) unpacked = g_converter_input_stream_new (stream, G_CONVERTER (gunzip));
  g_autoptr(GInputStream) buffered = g_buffered_input_stream_new_sized (unpacked, COFFER_VALUE_HEAD);
  g_autofree char *content_type = NULL;
  const void *head;
  gsize len;

  g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (unpacked), FALSE);
  if (g_buffered_input_stream_fill (G_BUFFERED_INPUT_STREAM (buffered), COFFER_VALUE_HEAD, cancellable, NULL) <= 0)
    return !g_cancellable_set_error_if_cancelled (cancellable, error);

  head = g_buffered_input_stream_peek_buffer (G_BUFFERED_INPUT_STREAM (buffered), &len);
  content_type = g_content_type_guess (NULL, head, len, NULL);
  if (!g_content_type_is_a (content_type, "image/svg+xml"))
    return TRUE;

  self->kind = COFFER_CONTENT_IMAGE;
  coffer_content_set_type (self, content_type, g_content_type_get_description ("image/svg+xml-compressed"));

  return read_pending (self, buffered, MAX_SVG_SIZE, cancellable, error);
}

/* The rest comes when it is asked for. */
static gboolean
load_text (CofferContent  *self,
           GInputStream   *stream,
           GCancellable   *cancellable,
           GError        **error)
{
  guint64 size = self->facts->size - self->facts->data_offset;
  g_autofree guint8 *bytes = g_malloc (MIN (size, COFFER_CONTENT_TEXT_SIZE) + 1);
  gsize len;

  if (!g_input_stream_read_all (stream, bytes, MIN (size, COFFER_CONTENT_TEXT_SIZE), &len, cancellable, error))
    return FALSE;

  self->bytes = g_bytes_new_take (g_steal_pointer (&bytes), len);

  return TRUE;
}

/* How many bytes it begins with are zeros, of those that are looked at. */
static guint64
count_zeros (GInputStream *stream,
             GCancellable *cancellable)
{
  static const guint8 zeros[PIECE_SIZE];
  g_autofree guint8 *bytes = g_malloc (PIECE_SIZE);
  guint64 n = 0;
  gsize len = PIECE_SIZE;

  while (n < MAX_ZEROS && len == PIECE_SIZE)
    {
      if (!g_input_stream_read_all (stream, bytes, PIECE_SIZE, &len, cancellable, NULL))
        return n;
      if (memcmp (bytes, zeros, len) != 0)
        break;
      n += len;
    }

  return n;
}

/* A file of which nothing but the size was written. */
static void
tell_zeros (CofferContent *self,
            GStrvBuilder  *facts,
            GInputStream  *stream,
            GCancellable  *cancellable)
{
  guint64 size = self->facts->size - self->facts->data_offset, n = count_zeros (stream, cancellable);
  g_autofree char *words = g_format_size (n), *begins = g_strdup_printf (_("Begins with %s of zeros"), words);

  if (n > 0 && n == size)
    g_strv_builder_add_many (facts, _("Content"), _("Only zeros: it was probably never written"), NULL);
  else if (n > 0)
    g_strv_builder_add_many (facts, _("Content"), begins, NULL);
}

/* Both readings of what may be a number. */
static void
tell_number (GStrvBuilder *facts,
             GInputStream *stream,
             GCancellable *cancellable)
{
  g_autofree char *integer = NULL, *number = NULL;
  guint64 bits;
  double value;
  gsize len;

  if (!g_input_stream_read_all (stream, &bits, sizeof bits, &len, cancellable, NULL) || len < sizeof bits)
    return;
  bits = GUINT64_FROM_LE (bits);
  memcpy (&value, &bits, sizeof value);
  integer = g_strdup_printf ("%'" G_GINT64_FORMAT, (gint64) bits);
  number = g_strdup_printf ("%.15g", value);
  g_strv_builder_add_many (facts, _("As an integer"), integer, _("As a float"), number, NULL);
}

static void
tell_unknown (CofferContent *self,
              GStrvBuilder  *facts,
              GInputStream  *stream,
              GCancellable  *cancellable)
{
  guint64 size = self->facts->size - self->facts->data_offset;

  if (!g_content_type_is_unknown (self->facts->content_type) ||
      !g_seekable_seek (G_SEEKABLE (stream), self->facts->data_offset, G_SEEK_SET, cancellable, NULL))
    return;
  if (size == sizeof (guint64))
    tell_number (facts, stream, cancellable);
  else
    tell_zeros (self, facts, stream, cancellable);
}

/* Documents, archives, fonts: their bytes are shown, and what they are is told. */
static gboolean
load_document (CofferContent  *self,
               GInputStream   *stream,
               GCancellable   *cancellable,
               GError        **error)
{
  g_autoptr(GStrvBuilder) facts = g_strv_builder_new ();

  coffer_document_read (stream, self->facts->data_offset, self->facts->size - self->facts->data_offset, facts, cancellable);
  tell_unknown (self, facts, stream, cancellable);
  self->document = g_strv_builder_end (facts);

  return !g_cancellable_set_error_if_cancelled (cancellable, error);
}

gpointer
coffer_content_load (GInputStream           *stream,
                     const CofferValueFacts *facts,
                     gpointer                wish,
                     GCancellable           *cancellable,
                     GError                **error)
{
  g_autoptr(CofferContent) self = content_new (facts, wish);
  gboolean is_guess = ((CofferContentWish *) wish)->show_as == COFFER_SHOW_GUESS;
  gboolean may_be_drawing = self->kind == COFFER_CONTENT_BYTES && is_guess &&
                            g_content_type_is_a (facts->content_type, "application/gzip");
  gboolean ok = TRUE;

  if (((CofferContentWish *) wish)->ahead && (self->kind != COFFER_CONTENT_IMAGE || facts->size > MAX_AHEAD_SIZE))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "Not ahead of time");
      return NULL;
    }
  if ((self->sample = coffer_content_sample (stream, facts, cancellable, error)) == NULL)
    return NULL;

  if (self->kind == COFFER_CONTENT_IMAGE)
    ok = load_image (self, stream, cancellable, error);
  else if (may_be_drawing)
    ok = load_gzip (self, stream, cancellable, error);
  else if (self->kind == COFFER_CONTENT_TREE)
    ok = coffer_content_load_tree (self, stream, cancellable, error);
  else if (self->kind == COFFER_CONTENT_BYTES && is_guess && g_content_type_is_unknown (facts->content_type))
    ok = coffer_content_load_unknown (self, stream, cancellable, error) &&
         g_seekable_seek (G_SEEKABLE (stream), facts->data_offset, G_SEEK_SET, cancellable, error);
  else if (self->kind == COFFER_CONTENT_TEXT && is_guess && !facts->has_header && strcmp (facts->content_type, "text/plain") == 0)
    ok = coffer_content_load_words (self, stream, cancellable, error);
  if (ok && self->kind == COFFER_CONTENT_TEXT && self->parse == COFFER_PARSE_NOT)
    ok = load_text (self, stream, cancellable, error);
  if (ok && self->kind == COFFER_CONTENT_BYTES)
    ok = load_document (self, stream, cancellable, error);

  return ok ? g_steal_pointer (&self) : NULL;
}

gsize
coffer_content_get_size (const CofferContent *self)
{
  gsize size = self->pending != NULL ? g_bytes_get_size (self->pending) : 0;

  if (self->image.texture != NULL)
    size += (gsize) gdk_texture_get_width (self->image.texture) * gdk_texture_get_height (self->image.texture) * 4;
  /* The loader keeps the file and three whole frames. */
  if (self->image.animation != NULL)
    size += self->facts->size + (gsize) self->image.width * self->image.height * 4 * 3;

  return size;
}

gboolean
coffer_content_is_pending (CofferContent *self)
{
  return self->pending != NULL || self->parse != COFFER_PARSE_NOT;
}

/* Nothing but the drawing itself is ever loaded: what it lacks is missing for this reason, perhaps all of it. */
static void
tell_files (CofferContent *self)
{
  static const char *const fact[] = { N_("Refers to"), N_("Other files, which are never loaded"), NULL };
  gsize len;
  const char *data = g_bytes_get_data (self->pending, &len);

  if (!coffer_svg_wants_files (data, len))
    return;

  self->document = g_new0 (char *, G_N_ELEMENTS (fact));
  for (gsize i = 0; fact[i] != NULL; i++)
    self->document[i] = g_strdup (_(fact[i]));
  if (g_error_matches (self->problem, COFFER_IMAGE_ERROR, COFFER_IMAGE_ERROR_BROKEN))
    {
      g_clear_error (&self->problem);
      g_set_error_literal (&self->problem, COFFER_IMAGE_ERROR, COFFER_IMAGE_ERROR_BROKEN,
                           _("It cannot be drawn without other files it refers to, and these are never loaded"));
    }
}

static CofferImageFlags
get_draw_flags (CofferContent *self)
{
  if (!is_drawing (self))
    return COFFER_IMAGE_PATIENT;

  return self->enlarge ? COFFER_IMAGE_ENLARGE : COFFER_IMAGE_DEFAULT;
}

static gboolean
decode_pending (CofferContent  *self,
                GCancellable   *cancellable,
                GError        **error)
{
  const char *content_type = self->facts->content_type;
  g_autoptr(GInputStream) stream = NULL;
  GError *problem = NULL;

  if (self->parse != COFFER_PARSE_NOT)
    return coffer_content_parse_tree (self, cancellable, error);

  if (self->elsewhere)
    return coffer_draw (&self->image, content_type, self->pending, self->max_width, self->max_height,
                        get_draw_flags (self), cancellable, &problem) ||
           take_problem (self, problem, error);

  stream = g_memory_input_stream_new_from_bytes (self->pending);

  return decode (self, content_type, stream, cancellable, error);
}

static void
complete_worker (gpointer data,
                 gpointer unused)
{
  g_autoptr(GTask) task = data;
  g_autoptr(CofferContent) self = g_task_get_task_data (task);
  GError *error = NULL;

  if (g_task_return_error_if_cancelled (task))
    return;

  if (self->kind == COFFER_CONTENT_IMAGE)
    read_exif (self, self->pending);
  if (!decode_pending (self, g_task_get_cancellable (task), &error))
    {
      g_task_return_error (task, error);
      return;
    }

  if (self->pending != NULL && is_drawing (self))
    tell_files (self);
  g_clear_pointer (&self->pending, g_bytes_unref);
  g_task_return_pointer (task, g_steal_pointer (&self), (GDestroyNotify) coffer_content_free);
}

/* What cannot be stopped may take all of its threads for long, and nothing else waits then. */
static GThreadPool *
get_threads (CofferContent *self)
{
  static GThreadPool *threads[2];
  gboolean stops = self->pending == NULL || self->elsewhere || coffer_image_is_incremental (self->facts->content_type);

  if (threads[stops] == NULL)
    threads[stops] = g_thread_pool_new (complete_worker, NULL, N_THREADS, FALSE, NULL);

  return threads[stops];
}

void
coffer_content_complete_async (CofferContent       *self,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);

  /* The worker takes it over, and always runs. */
  g_task_set_task_data (task, self, NULL);
  g_task_set_source_tag (task, coffer_content_complete_async);
  g_thread_pool_push (get_threads (self), task, NULL);
}

CofferContent *
coffer_content_complete_finish (GAsyncResult  *result,
                                GError       **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, coffer_content_complete_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
