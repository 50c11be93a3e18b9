/* SPDX-License-Identifier: MIT */
/*
 * Text on the clipboard, also long text. GTK 4.8 hands it out on X11 in pieces if it is longer than a request to the server may be,
 * some 250 kB. Its own provider of text lets go of the stream while a piece is under way; that closes the stream, which waits for
 * the other program on the main thread, where the answer would arrive: the program hangs for good. Here the stream is written
 * and closed on a thread of GLib's; GDK's stream is made for that and does what concerns the server on the main thread.
 * What is not marked "thread" runs on the main thread.
 */
#define G_LOG_DOMAIN "coffer-clip"

#include "coffer-clip.h"

#include <string.h>

#define LONG_TEXT 65536   /* bytes; shorter text is GTK's */
#define MIME_TYPE "text/plain;charset=utf-8"

#define COFFER_TYPE_CLIP (coffer_clip_get_type ())
G_DECLARE_FINAL_TYPE (CofferClip, coffer_clip, COFFER, CLIP, GdkContentProvider)

struct _CofferClip {
  GdkContentProvider parent_instance;

  GBytes *text;
};

G_DEFINE_FINAL_TYPE (CofferClip, coffer_clip, GDK_TYPE_CONTENT_PROVIDER)

/* Thread. */
static void
write_thread (GTask        *task,
              gpointer      source,
              gpointer      stream,
              GCancellable *cancellable)
{
  GBytes *text = COFFER_CLIP (source)->text;   /* never another */
  GError *error = NULL;
  gsize size;
  const void *data = g_bytes_get_data (text, &size);

  if (g_output_stream_write_all (stream, data, size, NULL, cancellable, &error) && g_output_stream_close (stream, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
coffer_clip_write_mime_type_async (GdkContentProvider  *provider,
                                   const char          *mime_type,
                                   GOutputStream       *stream,
                                   int                  io_priority,
                                   GCancellable        *cancellable,
                                   GAsyncReadyCallback  callback,
                                   gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (provider, cancellable, callback, user_data);

  g_task_set_source_tag (task, coffer_clip_write_mime_type_async);
  g_task_set_task_data (task, g_object_ref (stream), g_object_unref);
  g_task_run_in_thread (task, write_thread);
}

static gboolean
coffer_clip_write_mime_type_finish (GdkContentProvider  *provider,
                                    GAsyncResult        *result,
                                    GError             **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static GdkContentFormats *
coffer_clip_ref_formats (GdkContentProvider *provider)
{
  GdkContentFormatsBuilder *builder = gdk_content_formats_builder_new ();

  gdk_content_formats_builder_add_gtype (builder, G_TYPE_STRING);   /* for this program's own entries */
  gdk_content_formats_builder_add_mime_type (builder, MIME_TYPE);
  return gdk_content_formats_builder_free_to_formats (builder);
}

static gboolean
coffer_clip_get_value (GdkContentProvider  *provider,
                       GValue              *value,
                       GError             **error)
{
  if (!G_VALUE_HOLDS_STRING (value))
    return GDK_CONTENT_PROVIDER_CLASS (coffer_clip_parent_class)->get_value (provider, value, error);

  g_value_set_string (value, g_bytes_get_data (COFFER_CLIP (provider)->text, NULL));
  return TRUE;
}

static void
coffer_clip_finalize (GObject *object)
{
  g_bytes_unref (COFFER_CLIP (object)->text);

  G_OBJECT_CLASS (coffer_clip_parent_class)->finalize (object);
}

static void
coffer_clip_class_init (CofferClipClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GdkContentProviderClass *provider_class = GDK_CONTENT_PROVIDER_CLASS (klass);

  object_class->finalize = coffer_clip_finalize;
  provider_class->ref_formats = coffer_clip_ref_formats;
  provider_class->write_mime_type_async = coffer_clip_write_mime_type_async;
  provider_class->write_mime_type_finish = coffer_clip_write_mime_type_finish;
  provider_class->get_value = coffer_clip_get_value;
}

static void
coffer_clip_init (CofferClip *self)
{
}

void
coffer_clip_set_text (GdkClipboard *clipboard,
                      const char   *text)
{
  g_autoptr(CofferClip) clip = NULL;
  gsize size;

  g_return_if_fail (GDK_IS_CLIPBOARD (clipboard) && text != NULL);

  size = strlen (text);
  if (size < LONG_TEXT)
    {
      gdk_clipboard_set_text (clipboard, text);
      return;
    }
  clip = g_object_new (COFFER_TYPE_CLIP, NULL);
  clip->text = g_bytes_new_take (g_strdup (text), size);   /* and its zero behind it */
  gdk_clipboard_set_content (clipboard, GDK_CONTENT_PROVIDER (clip));
}
