/* SPDX-License-Identifier: MIT */
/*
 * A value as a GInputStream. Lives on the lane's thread while a job of the PREVIEW lane runs; afterwards it is an empty
 * shell, so that a reference kept by mistake can reach no handle. One read is at most a mebibyte: between two of them
 * cancelling takes effect even where the engine has nothing to wait for.
 */
#define G_LOG_DOMAIN "coffer-value-stream"

#include "coffer-value-stream.h"

#include "coffer-error-private.h"

#include <glib/gi18n-lib.h>

#define LARGEST_READ (1024 * 1024)

struct _CofferValueStream {
  GInputStream parent_instance;

  GThread *own;                /* unowned */
  kvault *vault;               /* unowned */
  kvault_blob *blob;           /* NULL once released */
  GCancellable *cancellable;   /* unowned; of the job */
  guint64 size;
  guint64 offset;
};

static void seekable_iface_init (GSeekableIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CofferValueStream, coffer_value_stream, G_TYPE_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_SEEKABLE, seekable_iface_init))

static gboolean
check_open (CofferValueStream  *self,
            GError            **error)
{
  if (self->blob == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, _("The value is closed"));
      return FALSE;
    }
  g_assert (g_thread_self () == self->own);
  return !g_cancellable_set_error_if_cancelled (self->cancellable, error);
}

static gssize
coffer_value_stream_read (GInputStream  *stream,
                          void          *buffer,
                          gsize          count,
                          GCancellable  *cancellable,
                          GError       **error)
{
  CofferValueStream *self = COFFER_VALUE_STREAM (stream);
  gsize len;
  int rc;

  if (!check_open (self, error))
    return -1;

  len = self->offset < self->size ? MIN (MIN (count, LARGEST_READ), self->size - self->offset) : 0;
  if ((rc = kvault_blob_read (self->blob, buffer, len, MIN (self->offset, self->size))) != KVAULT_OK)
    {
      g_propagate_error (error, coffer_error_new (self->vault, rc));
      return -1;
    }
  self->offset += len;
  return len;
}

static gssize
coffer_value_stream_skip (GInputStream  *stream,
                          gsize          count,
                          GCancellable  *cancellable,
                          GError       **error)
{
  CofferValueStream *self = COFFER_VALUE_STREAM (stream);
  gsize len;

  if (!check_open (self, error))
    return -1;

  len = self->offset < self->size ? MIN (MIN (count, G_MAXSSIZE), self->size - self->offset) : 0;
  self->offset += len;
  return len;
}

static goffset
coffer_value_stream_tell (GSeekable *seekable)
{
  return COFFER_VALUE_STREAM (seekable)->offset;
}

static gboolean
coffer_value_stream_can_seek (GSeekable *seekable)
{
  return COFFER_VALUE_STREAM (seekable)->blob != NULL;
}

static gboolean
coffer_value_stream_seek (GSeekable     *seekable,
                          goffset        offset,
                          GSeekType      type,
                          GCancellable  *cancellable,
                          GError       **error)
{
  CofferValueStream *self = COFFER_VALUE_STREAM (seekable);
  goffset base = type == G_SEEK_CUR ? (goffset) self->offset : type == G_SEEK_END ? (goffset) self->size : 0;
  goffset target;

  if (!check_open (self, error))
    return FALSE;
  if (__builtin_add_overflow (base, offset, &target) || target < 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _("Invalid seek request"));
      return FALSE;
    }
  self->offset = target;
  return TRUE;
}

static gboolean
coffer_value_stream_can_truncate (GSeekable *seekable)
{
  return FALSE;
}

static gboolean
coffer_value_stream_truncate (GSeekable     *seekable,
                              goffset        offset,
                              GCancellable  *cancellable,
                              GError       **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, _("A value cannot be truncated"));
  return FALSE;
}

static void
coffer_value_stream_finalize (GObject *object)
{
  g_assert (COFFER_VALUE_STREAM (object)->blob == NULL);

  G_OBJECT_CLASS (coffer_value_stream_parent_class)->finalize (object);
}

static void
coffer_value_stream_class_init (CofferValueStreamClass *klass)
{
  GInputStreamClass *stream_class = G_INPUT_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = coffer_value_stream_finalize;
  stream_class->read_fn = coffer_value_stream_read;
  stream_class->skip = coffer_value_stream_skip;
}

static void
seekable_iface_init (GSeekableIface *iface)
{
  iface->tell = coffer_value_stream_tell;
  iface->can_seek = coffer_value_stream_can_seek;
  iface->seek = coffer_value_stream_seek;
  iface->can_truncate = coffer_value_stream_can_truncate;
  iface->truncate_fn = coffer_value_stream_truncate;
}

static void
coffer_value_stream_init (CofferValueStream *self)
{
  self->own = g_thread_self ();
}

GInputStream *
coffer_value_stream_new (kvault       *vault,
                         kvault_blob  *blob,
                         GCancellable *cancellable)
{
  CofferValueStream *self = g_object_new (COFFER_TYPE_VALUE_STREAM, NULL);

  self->vault = vault;
  self->blob = blob;
  self->cancellable = cancellable;
  self->size = kvault_blob_size (blob);
  return G_INPUT_STREAM (self);
}

void
coffer_value_stream_release (CofferValueStream *self)
{
  g_assert (g_thread_self () == self->own);
  g_clear_pointer (&self->blob, kvault_blob_close);
  self->vault = NULL;
  self->cancellable = NULL;
}
