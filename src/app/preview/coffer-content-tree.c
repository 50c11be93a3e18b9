/* SPDX-License-Identifier: MIT */
/*
 * What a value with a shape of its own has to show. Its bytes are read on the vault's preview lane, bounded, and taken apart on the
 * threads of coffer-content.c; of an array only the first values are read.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-content-private.h"

#include <coffer-text.h>
#include <glib/gi18n-lib.h>

/* What no type was found for is read as a whole to see whether it is a tree up to here. */
#define SNIFF_SIZE (8 << 20)
/* The first values of an array. */
#define ARRAY_VALUES 1000
#define PIECE_SIZE (1 << 20)

static guint64
data_size (const CofferContent *self)
{
  return self->facts->size - self->facts->data_offset;
}

/* A piece at a time: what is cancelled stops within one. */
static gboolean
read_bytes (CofferContent  *self,
            gsize           most,
            GInputStream   *stream,
            GCancellable   *cancellable,
            GError        **error)
{
  gsize size = MIN (data_size (self), most), at = 0, len = 1;
  g_autofree guint8 *bytes = g_malloc (size + 1);

  while (at < size && len > 0)
    {
      if (!g_input_stream_read_all (stream, bytes + at, MIN (PIECE_SIZE, size - at), &len, cancellable, error))
        return FALSE;
      at += len;
    }
  g_clear_pointer (&self->bytes, g_bytes_unref);
  self->bytes = g_bytes_new_take (g_steal_pointer (&bytes), at);

  return TRUE;
}

static gboolean
load_array (CofferContent  *self,
            GInputStream   *stream,
            GCancellable   *cancellable,
            GError        **error)
{
  CofferArray array;
  const char *problem;
  const guint8 *bytes;
  gsize len;

  if (!read_bytes (self, COFFER_ARRAY_HEAD + ARRAY_VALUES * 8, stream, cancellable, error))
    return FALSE;

  bytes = g_bytes_get_data (self->bytes, &len);
  problem = coffer_array_read_head (&array, bytes, len, data_size (self));
  if (problem != NULL)
    {
      self->problem = g_error_new_literal (COFFER_IMAGE_ERROR, COFFER_IMAGE_ERROR_BROKEN, problem);
      return TRUE;
    }

  if (!array.is_number)
    {
      g_autoptr(GBytes) all = g_steal_pointer (&self->bytes);

      self->bytes = g_bytes_new_from_bytes (all, 0, MIN (len, array.data_offset + ARRAY_VALUES * array.item_size));
    }
  self->tree = coffer_tree_new_array (&array, self->bytes);

  return TRUE;
}

gboolean
coffer_content_load_tree (CofferContent  *self,
                          GInputStream   *stream,
                          GCancellable   *cancellable,
                          GError        **error)
{
  self->parse = coffer_show_as_find_format (self->facts->content_type, &self->format) ? COFFER_PARSE_FORMAT : COFFER_PARSE_ANY;
  if (self->parse == COFFER_PARSE_FORMAT && self->format == COFFER_TREE_ARRAY)
    {
      self->parse = COFFER_PARSE_NOT;
      return load_array (self, stream, cancellable, error);
    }

  return read_bytes (self, COFFER_TREE_MAX_BYTES, stream, cancellable, error);
}

static gboolean
read_to_sniff (CofferContent  *self,
               GInputStream   *stream,
               GCancellable   *cancellable,
               GError        **error)
{
  if (!g_seekable_seek (G_SEEKABLE (stream), self->facts->data_offset, G_SEEK_SET, cancellable, error))
    return FALSE;
  if (data_size (self) > SNIFF_SIZE)
    return TRUE;

  self->parse = COFFER_PARSE_SNIFF;

  return read_bytes (self, SNIFF_SIZE, stream, cancellable, error);
}

gboolean
coffer_content_load_unknown (CofferContent  *self,
                             GInputStream   *stream,
                             GCancellable   *cancellable,
                             GError        **error)
{
  guint8 head[COFFER_VALUE_HEAD];
  gsize len;

  if (!g_input_stream_read_all (stream, head, sizeof head, &len, cancellable, error))
    return FALSE;

  if (coffer_text_is_utf16_or_32 (head, len) || coffer_text_is_mostly_text (head, len))
    {
      self->kind = COFFER_CONTENT_TEXT;
      coffer_content_set_type (self, "text/plain", g_content_type_get_description ("text/plain"));
      return TRUE;
    }

  return !coffer_tree_may_be (head, len) || read_to_sniff (self, stream, cancellable, error);
}

/* Pickles of the first protocols are words, and end with a full stop. */
static gboolean
ends_like_pickle (CofferContent *self,
                  GInputStream  *stream,
                  GCancellable  *cancellable)
{
  char last;

  return g_seekable_seek (G_SEEKABLE (stream), self->facts->size - 1, G_SEEK_SET, cancellable, NULL) &&
         g_input_stream_read (stream, &last, 1, cancellable, NULL) == 1 && last == '.';
}

gboolean
coffer_content_load_words (CofferContent  *self,
                           GInputStream   *stream,
                           GCancellable   *cancellable,
                           GError        **error)
{
  guint8 head[COFFER_VALUE_HEAD];
  gsize len;

  if (!g_input_stream_read_all (stream, head, sizeof head, &len, cancellable, error))
    return FALSE;
  if (coffer_text_is_utf8 (head, len, len == data_size (self))
      ? coffer_tree_may_be_pickle (head, len) && ends_like_pickle (self, stream, cancellable) : coffer_tree_may_be (head, len))
    return read_to_sniff (self, stream, cancellable, error);

  return g_seekable_seek (G_SEEKABLE (stream), self->facts->data_offset, G_SEEK_SET, cancellable, error);
}

/* The types of what carries no header are told here first. */
static void
take_sniffed (CofferContent *self)
{
  static const char *const descriptions[] = { N_("JSON text"), N_("MessagePack data"), N_("CBOR data"), N_("Python pickle") };
  CofferTreeFormat format;

  if (self->tree == NULL)
    {
      g_autoptr(GBytes) all = g_steal_pointer (&self->bytes);

      if (self->kind == COFFER_CONTENT_TEXT)
        self->bytes = g_bytes_new_from_bytes (all, 0, MIN (g_bytes_get_size (all), COFFER_CONTENT_TEXT_SIZE));
      return;
    }

  format = coffer_tree_get_format (self->tree);
  self->kind = COFFER_CONTENT_TREE;
  coffer_content_set_type (self, coffer_show_as_get_type (format), g_strdup (_(descriptions[format])));
}

gboolean
coffer_content_parse_tree (CofferContent  *self,
                           GCancellable   *cancellable,
                           GError        **error)
{
  gboolean is_cut = data_size (self) > g_bytes_get_size (self->bytes);

  switch (self->parse)
    {
    case COFFER_PARSE_FORMAT:
      self->tree = coffer_tree_parse (self->format, self->bytes, is_cut, cancellable);
      break;
    case COFFER_PARSE_ANY:
      self->tree = coffer_tree_parse_any (self->bytes, is_cut, cancellable);
      break;
    case COFFER_PARSE_SNIFF:
      self->tree = coffer_tree_sniff (self->bytes, cancellable);
      take_sniffed (self);
      break;
    case COFFER_PARSE_NOT:
    default:
      break;
    }
  self->parse = COFFER_PARSE_NOT;

  return !g_cancellable_set_error_if_cancelled (cancellable, error);
}
