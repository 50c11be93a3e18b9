/* SPDX-License-Identifier: MIT */
/*
 * Keys on their way to other programs. On X11 the source of a drag sends the drop, so it can keep that back: who asks while the pointer
 * hovers is told what the files will be called, and they are written between the release of the button and the drop. On Wayland
 * both sides hear of the drop at once, and the clipboard knows no such moment: there they are written when somebody asks first.
 * What is not marked "thread" runs on the main thread.
 */
#define G_LOG_DOMAIN "coffer-window"

#include "coffer-bundle-content.h"

#include <string.h>

#include "coffer-bundle-files.h"
#include "coffer-export.h"
#include "coffer-key-format.h"

#ifdef COFFER_X11
#include <X11/extensions/XInput2.h>
#include <X11/keysym.h>
#include <gdk/x11/gdkx.h>
#endif

#define MAX_PICTURE (256 * 1024 * 1024)   /* bytes that are handed over at once, from memory */
#define MAX_TEXT (16 * 1024 * 1024)
#define MAX_KEYS (64 * 1024 * 1024)       /* bytes of text */
#define URI_LIST "text/uri-list"
#define COPIED_FILES "x-special/gnome-copied-files"   /* what some file managers paste alone */
#define PORTAL "application/vnd.portal."
#define TEXT "text/plain;charset=utf-8"

struct _CofferBundleContent {
  GdkContentProvider parent_instance;

  CofferBundle *bundle;
  CofferBundleFiles *files;
  GdkDrag *drag;           /* unowned: hovering */
  gboolean portable;       /* the portal was offered, or there is none */
};

static guint failed_signal, left_out_signal, kept_out_signal;
static guint n_busy;

G_DEFINE_FINAL_TYPE (CofferBundleContent, coffer_bundle_content, GDK_TYPE_CONTENT_PROVIDER)

/* Somebody who asks. */
typedef struct {
  GOutputStream *stream;
  char *mime_type;
  int io_priority;
  GPtrArray *keys;         /* of which the answer is made */
  GBytes *bytes;           /* the answer, if it is one of bytes */
} Request;

static void
request_free (gpointer data)
{
  Request *request = data;

  g_object_unref (request->stream);
  g_clear_pointer (&request->keys, coffer_keys_unref);
  g_clear_pointer (&request->bytes, g_bytes_unref);
  g_free (request->mime_type);
  g_free (request);
}

static gboolean
is_plain_text (const char *mime_type)
{
  return g_str_has_prefix (mime_type, "text/plain");
}

/* Answers */

/* Thread. Written and closed here, see coffer-clip.c. */
static void
write_thread (GTask        *task,
              gpointer      source,
              gpointer      data,
              GCancellable *cancellable)
{
  Request *request = data;
  GError *error = NULL;
  gsize size;
  gconstpointer bytes = g_bytes_get_data (request->bytes, &size);

  if (g_output_stream_write_all (request->stream, bytes, size, NULL, cancellable, &error) &&
      g_output_stream_close (request->stream, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* Takes @task; @bytes (transfer full). */
static void
answer_bytes (GTask  *task,
              GBytes *bytes)
{
  Request *request = g_task_get_task_data (task);

  request->bytes = bytes;
  g_task_run_in_thread (task, write_thread);
  g_object_unref (task);
}

static GBytes *
list_uris (GSList     *files,
           const char *before,
           const char *end)
{
  GString *text = g_string_new (before);

  for (GSList *l = files; l != NULL; l = l->next)
    {
      g_autofree char *uri = g_file_get_uri (l->data);

      g_string_append (text, uri);
      if (l->next != NULL || end[0] == '\r')
        g_string_append (text, end);
    }
  return g_string_free_to_bytes (text);
}

static void
serialized_cb (GObject      *source,
               GAsyncResult *result,
               gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  GError *error = NULL;

  if (gdk_content_serialize_finish (result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* For programs that must not read this one's files but through the portal. Takes @task. */
static void
answer_portal (GTask  *task,
               GSList *files)
{
  Request *request = g_task_get_task_data (task);
  g_auto(GValue) value = G_VALUE_INIT;

  g_value_init (&value, GDK_TYPE_FILE_LIST);
  g_value_set_boxed (&value, files);
  gdk_content_serialize_async (request->stream, request->mime_type, &value, request->io_priority, g_task_get_cancellable (task),
                               serialized_cb, task);
}

/* Their paths are of no use to a program that may not read them. Takes @task. */
static void
answer_files (GTask  *task,
              GSList *files)
{
  Request *request = g_task_get_task_data (task);
  CofferBundleContent *self = g_task_get_source_object (task);

  if (!self->portable && self->drag == NULL)
    g_signal_emit (self, kept_out_signal, 0);
  if (g_str_equal (request->mime_type, URI_LIST))
    answer_bytes (task, list_uris (files, "", "\r\n"));
  else if (g_str_equal (request->mime_type, COPIED_FILES))
    answer_bytes (task, list_uris (files, "copy\n", "\n"));
  else
    answer_portal (task, files);
}

/* Takes @task. Nothing is dropped; but PCManFM takes no more drags, until it has waited half a minute, from whom it got no answer, or one of
 * no files.
 */
static void
answer_nothing (GTask *task)
{
  g_autoptr(GFile) file = g_file_new_build_filename (g_get_user_cache_dir (), "coffer", "opened", "cancelled", NULL);
  GSList none = { file, NULL };   /* there is no such file */

  answer_files (task, &none);
}

static void
named_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  GTask *task = user_data;
  GError *error = NULL;
  GSList *files = coffer_bundle_files_name_finish (COFFER_BUNDLE_FILES (source), result, &error);

  if (error == NULL)
    answer_files (task, files);
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_error_free (error);
      answer_nothing (task);
    }
  else
    {
      g_task_return_error (task, error);
      g_object_unref (task);
    }
}

static void
written_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  GTask *task = user_data;
  GError *error = NULL;
  GSList *files = coffer_bundle_files_write_finish (COFFER_BUNDLE_FILES (source), result, &error);

  if (error == NULL)
    {
      answer_files (task, files);
      return;
    }
  g_signal_emit (g_task_get_source_object (task), failed_signal, 0, error);
  g_task_return_error (task, error);
  g_object_unref (task);
}

/* The value itself */

typedef struct {
  GPtrArray *keys;
  gboolean text;
  GBytes *bytes;
} Reading;

static void
reading_free (Reading *reading)
{
  coffer_keys_unref (reading->keys);
  g_clear_pointer (&reading->bytes, g_bytes_unref);
  g_free (reading);
}

/* Thread. What is no UTF-8 is made that as well as can be. (transfer full) */
static GBytes *
make_text (GBytes *bytes)
{
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);
  char *made;

  if (g_utf8_validate_len (data, size, NULL))
    return g_bytes_ref (bytes);
  made = g_utf8_make_valid (data, size);
  return g_bytes_new_take (made, strlen (made));
}

/* Thread; a CofferReaderFunc. */
static gboolean
read_worker (CofferValueReader  *reader,
             gpointer            data,
             GCancellable       *cancellable,
             GError            **error)
{
  Reading *reading = data;
  g_autoptr(CofferValueFacts) facts = NULL;
  g_autoptr(GInputStream) stream = coffer_value_reader_open (reader, g_ptr_array_index (reading->keys, 0), &facts, cancellable, error);
  g_autofree char *room = stream != NULL && facts->size <= MAX_PICTURE ? g_malloc (facts->size + 1) : NULL;
  gsize size = 0;
  gboolean whole = room != NULL && g_input_stream_read_all (stream, room, facts->size, &size, cancellable, error);

  if (whole)
    {
      g_autoptr(GBytes) value = g_bytes_new_take (g_steal_pointer (&room), size);
      g_autoptr(GBytes) content = g_bytes_new_from_bytes (value, MIN (facts->data_offset, size), size - MIN (facts->data_offset, size));

      g_clear_pointer (&reading->bytes, g_bytes_unref);
      reading->bytes = reading->text ? make_text (content) : g_steal_pointer (&content);
    }
  else if (stream != NULL && *error == NULL)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "too large");
  coffer_value_reader_close (reader);
  return whole;
}

static void
read_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  GTask *task = user_data;
  Reading *reading = g_object_steal_data (G_OBJECT (task), "reading");
  GError *error = NULL;

  if (coffer_vault_read_values_finish (COFFER_VAULT (source), result, &error))
    answer_bytes (task, g_steal_pointer (&reading->bytes));
  else
    {
      g_task_return_error (task, error);
      g_object_unref (task);
    }
  reading_free (reading);
}

static gboolean
is_picture (CofferBundle *bundle)
{
  const char *type = coffer_bundle_get_content_type (bundle);

  return type != NULL && g_str_has_prefix (type, "image/") && coffer_bundle_get_size (bundle) <= MAX_PICTURE;
}

static gboolean
is_text (CofferBundle *bundle)
{
  const char *type = coffer_bundle_get_content_type (bundle);

  return type != NULL && g_content_type_is_a (type, "text/plain") && coffer_bundle_get_size (bundle) <= MAX_TEXT;
}

/* Thread. The keys, one a line. */
static void
format_thread (GTask        *task,
               gpointer      source,
               gpointer      data,
               GCancellable *cancellable)
{
  Request *request = data;
  GError *error = NULL;
  GBytes *text = coffer_keys_format (request->keys, COFFER_KEY_FORMAT_TEXT, MAX_KEYS, cancellable, &error);

  if (text == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  request->bytes = text;
  write_thread (task, source, data, cancellable);
}

/* Takes @task. */
static void
answer_keys (GTask        *task,
             CofferBundle *bundle,
             GAsyncResult *result)
{
  Request *request = g_task_get_task_data (task);
  GError *error = NULL;

  request->keys = coffer_bundle_keys_finish (bundle, result, &error);
  if (request->keys != NULL)
    g_task_run_in_thread (task, format_thread);
  else
    g_task_return_error (task, error);
  g_object_unref (task);
}

static void
keys_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  GTask *task = user_data;
  Request *request = g_task_get_task_data (task);
  CofferBundle *bundle = COFFER_BUNDLE (source);
  Reading *reading;

  if (is_plain_text (request->mime_type) && !is_text (bundle))
    {
      answer_keys (task, bundle, result);
      return;
    }
  reading = g_new0 (Reading, 1);
  reading->keys = coffer_bundle_keys_finish (bundle, result, NULL);   /* of one key they are always there */
  reading->text = is_plain_text (request->mime_type);
  g_object_set_data (G_OBJECT (task), "reading", reading);
  coffer_vault_read_values_async (coffer_bundle_get_vault (bundle), 0, coffer_bundle_get_table (bundle), read_worker, reading, NULL,
                                  g_task_get_cancellable (task), read_cb, task);
}

/* The provider */

static gboolean
is_value (CofferBundleContent *self,
          const char          *mime_type)
{
  return (is_picture (self->bundle) && g_str_equal (mime_type, coffer_bundle_get_content_type (self->bundle))) ||
         is_plain_text (mime_type);
}

/* Paths as text nobody wants. The portal refuses folders (xdg-desktop-portal 1.16), and programs of GTK would ask it nevertheless, in a
 * sandbox or not, and get nothing; without it those that are in none get the folders.
 */
static gboolean
is_offered (CofferBundleContent *self,
            const char          *mime_type)
{
  return !is_plain_text (mime_type) && (coffer_bundle_is_flat (self->bundle) || !g_str_has_prefix (mime_type, PORTAL));
}

/* Files first: they have the name. */
static GdkContentFormats *
coffer_bundle_content_ref_formats (GdkContentProvider *provider)
{
  CofferBundleContent *self = COFFER_BUNDLE_CONTENT (provider);
  GdkContentFormats *portal = gdk_content_formats_union_serialize_mime_types (gdk_content_formats_new_for_gtype (GDK_TYPE_FILE_LIST));
  const char *const *mime_types = gdk_content_formats_get_mime_types (portal, NULL);
  GdkContentFormatsBuilder *builder = gdk_content_formats_builder_new ();

  self->portable = TRUE;
  gdk_content_formats_builder_add_gtype (builder, COFFER_TYPE_BUNDLE);
  for (guint i = 0; mime_types != NULL && mime_types[i] != NULL; i++)
    if (!is_offered (self, mime_types[i]))
      self->portable = self->portable && !g_str_has_prefix (mime_types[i], PORTAL);
    else
      gdk_content_formats_builder_add_mime_type (builder, mime_types[i]);
  gdk_content_formats_builder_add_mime_type (builder, COPIED_FILES);
  if (is_picture (self->bundle))
    gdk_content_formats_builder_add_mime_type (builder, coffer_bundle_get_content_type (self->bundle));
  gdk_content_formats_builder_add_mime_type (builder, TEXT);
  gdk_content_formats_builder_add_mime_type (builder, "text/plain");
  gdk_content_formats_unref (portal);
  return gdk_content_formats_builder_free_to_formats (builder);
}

static gboolean
coffer_bundle_content_get_value (GdkContentProvider  *provider,
                                 GValue              *value,
                                 GError             **error)
{
  if (!G_VALUE_HOLDS (value, COFFER_TYPE_BUNDLE))
    return GDK_CONTENT_PROVIDER_CLASS (coffer_bundle_content_parent_class)->get_value (provider, value, error);

  g_value_set_object (value, COFFER_BUNDLE_CONTENT (provider)->bundle);
  return TRUE;
}

static void
coffer_bundle_content_write_mime_type_async (GdkContentProvider  *provider,
                                             const char          *mime_type,
                                             GOutputStream       *stream,
                                             int                  io_priority,
                                             GCancellable        *cancellable,
                                             GAsyncReadyCallback  callback,
                                             gpointer             user_data)
{
  CofferBundleContent *self = COFFER_BUNDLE_CONTENT (provider);
  GTask *task = g_task_new (provider, cancellable, callback, user_data);
  Request *request = g_new0 (Request, 1);

  *request = (Request) { g_object_ref (stream), g_strdup (mime_type), io_priority, NULL, NULL };
  g_task_set_source_tag (task, coffer_bundle_content_write_mime_type_async);
  g_task_set_task_data (task, request, request_free);
  if (is_value (self, mime_type))
    coffer_bundle_keys_async (self->bundle, keys_cb, task);
  else if (self->drag != NULL && g_str_equal (mime_type, URI_LIST))
    coffer_bundle_files_name_async (self->files, named_cb, task);
  else
    coffer_bundle_files_write_async (self->files, written_cb, task);
}

static gboolean
coffer_bundle_content_write_mime_type_finish (GdkContentProvider  *provider,
                                              GAsyncResult        *result,
                                              GError             **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* Dragging */

static void
dropped_written_cb (GObject      *source,
                    GAsyncResult *result,
                    gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  g_autoptr(GError) error = NULL;

  coffer_bundle_files_write_finish (COFFER_BUNDLE_FILES (source), result, &error);
  if (error != NULL)
    g_signal_emit (g_task_get_source_object (task), failed_signal, 0, error);
  g_task_return_boolean (task, error == NULL);
}

#ifdef COFFER_X11
static gboolean
sends_drop_itself (GdkDrag *drag)
{
  return GDK_IS_X11_DISPLAY (gdk_drag_get_display (drag));
}

static gboolean
is_input (const XEvent *xevent)
{
  int opcode, event, error;

  return xevent->type == GenericEvent && XQueryExtension (xevent->xany.display, "XInputExtension", &opcode, &event, &error) &&
         xevent->xcookie.extension == opcode;
}

static gboolean
is_escape (const XIDeviceEvent *event)
{
  return event->evtype == XI_KeyPress && event->detail == XKeysymToKeycode (event->display, XK_Escape);
}

/* A button at a point of a window of this program; (nullable) */
static GtkWidget *
find_button (GdkDisplay          *display,
             const XIDeviceEvent *event)
{
  GdkSurface *surface = gdk_x11_surface_lookup_for_display (display, event->event);
  GtkNative *native = surface != NULL ? gtk_native_get_for_surface (surface) : NULL;
  double x, y;
  int scale;
  GtkWidget *widget;

  if (native == NULL)
    return NULL;
  scale = gdk_surface_get_scale_factor (surface);
  gtk_native_get_surface_transform (native, &x, &y);
  widget = gtk_widget_pick (GTK_WIDGET (native), event->event_x / scale - x, event->event_y / scale - y, GTK_PICK_DEFAULT);
  return widget != NULL ? gtk_widget_get_ancestor (widget, GTK_TYPE_BUTTON) : NULL;
}

/* GDK believes that the pointer still drags: it would take each move for one of the drag, which leaves its target then, and each click for
 * another drop. So it is told of none, but buttons work: those of the transfer are needed. Escape ends the transfer.
 */
static gboolean
xevent_cb (GdkDisplay        *display,
           const XEvent      *xevent,
           CofferBundleFiles *files)
{
  const XIDeviceEvent *event = is_input (xevent) ? xevent->xcookie.data : NULL;
  CofferTransfer *transfer = coffer_bundle_files_get_transfer (files);
  GtkWidget *button;

  if (event == NULL)
    return FALSE;
  switch (event->evtype)
    {
    case XI_ButtonRelease:
      if ((button = find_button (display, event)) != NULL)
        gtk_widget_activate (button);
      return TRUE;
    case XI_ButtonPress:
    case XI_Motion:
    case XI_Enter:
    case XI_Leave:
      return TRUE;
    case XI_KeyPress:
      if (is_escape (event) && transfer != NULL)
        coffer_transfer_cancel (transfer);
      return TRUE;
    case XI_KeyRelease:
      return TRUE;
    default:
      return FALSE;
    }
}

/* For a drag GDK 4.8 grabs Escape from the root window, and does not know its own event then: it has no surface of that window. */
static gboolean
hovering_xevent_cb (GdkDisplay   *display,
                    const XEvent *xevent,
                    GdkDrag      *drag)
{
  CofferBundleContent *self = g_object_get_data (G_OBJECT (drag), "content");
  const XIDeviceEvent *event = is_input (xevent) ? xevent->xcookie.data : NULL;

  if (self->drag != drag || event == NULL || !is_escape (event))
    return FALSE;
  g_signal_emit_by_name (drag, "cancel", GDK_DRAG_CANCEL_USER_CANCELLED);
  return TRUE;
}

static void
listen_for_escape (GdkDrag *drag)
{
  g_signal_connect_object (gdk_drag_get_display (drag), "xevent", G_CALLBACK (hovering_xevent_cb), drag, 0);
}

static void
let_go_of_pointer (GdkDrag *drag)
{
  Display *display = gdk_x11_display_get_xdisplay (gdk_drag_get_display (drag));

  XUngrabPointer (display, CurrentTime);   /* GDK does so once more, later, and cannot be asked to */
  XFlush (display);
}
#else
static gboolean
sends_drop_itself (GdkDrag *drag)
{
  return FALSE;
}

static gboolean
xevent_cb (GdkDisplay        *display,
           gpointer           xevent,
           CofferBundleFiles *files)
{
  return FALSE;
}

static void
listen_for_escape (GdkDrag *drag)
{
}

static void
let_go_of_pointer (GdkDrag *drag)
{
}
#endif

/* The handler of GDK's own class runs after this one, and sends the drop: when this returns, what was promised is there. The main loop
 * goes on meanwhile, and the pointer is let go, so that the transfer can be watched and cancelled. Returns: whether it is there
 */
static gboolean
wait_for_files (CofferBundleContent *self,
                GdkDrag             *drag)
{
  g_autoptr(GTask) task = g_task_new (self, NULL, NULL, NULL);
  GdkDisplay *display = gdk_drag_get_display (drag);
  gulong handler;

  gtk_widget_set_visible (gtk_drag_icon_get_for_drag (drag), FALSE);
  let_go_of_pointer (drag);
  n_busy++;
  coffer_bundle_files_write_async (self->files, dropped_written_cb, g_object_ref (task));
  handler = g_signal_connect (display, "xevent", G_CALLBACK (xevent_cb), self->files);
  while (!g_task_get_completed (task))
    g_main_context_iteration (NULL, TRUE);
  g_signal_handler_disconnect (display, handler);
  n_busy--;
  return g_task_propagate_boolean (task, NULL);
}

/* What could not be written is not dropped. */
static void
drop_performed_cb (GdkDrag             *drag,
                   CofferBundleContent *self)
{
  gboolean local = g_object_get_data (G_OBJECT (drag), "local") != NULL;

  self->drag = NULL;
  if (local || !coffer_bundle_files_is_promised (self->files) || wait_for_files (self, drag))
    return;
  g_signal_stop_emission_by_name (drag, "drop-performed");
  g_signal_emit_by_name (drag, "cancel", GDK_DRAG_CANCEL_ERROR);
}

/* Nobody wants the names any more. */
static void
cancelled_cb (GdkDrag             *drag,
              GdkDragCancelReason  reason)
{
  CofferBundleContent *self = g_object_get_data (G_OBJECT (drag), "content");
  CofferTransfer *transfer = coffer_bundle_files_get_transfer (self->files);

  self->drag = NULL;
  if (transfer != NULL)
    coffer_transfer_cancel (transfer);
}

static void
finished_cb (GdkDrag *drag)
{
  CofferBundleContent *self = g_object_get_data (G_OBJECT (drag), "content");

  self->drag = NULL;
}

void
coffer_bundle_content_follow (CofferBundleContent *self,
                              GdkDrag             *drag)
{
  g_return_if_fail (COFFER_IS_BUNDLE_CONTENT (self) && GDK_IS_DRAG (drag));

  if (!sends_drop_itself (drag))
    return;
  self->drag = drag;
  g_object_set_data_full (G_OBJECT (drag), "content", g_object_ref (self), g_object_unref);
  g_signal_connect_object (drag, "drop-performed", G_CALLBACK (drop_performed_cb), self, 0);
  g_signal_connect (drag, "cancel", G_CALLBACK (cancelled_cb), NULL);
  g_signal_connect (drag, "dnd-finished", G_CALLBACK (finished_cb), NULL);
  listen_for_escape (drag);
}

CofferBundle *
coffer_bundle_content_get_bundle (CofferBundleContent *self)
{
  return self->bundle;
}

gboolean
coffer_bundle_content_is_portable (CofferBundleContent *self)
{
  return self->portable;
}

gboolean
coffer_bundle_content_has_portal (void)
{
  GdkContentFormats *formats = gdk_content_formats_union_serialize_mime_types (gdk_content_formats_new_for_gtype (GDK_TYPE_FILE_LIST));
  const char *const *mime_types = gdk_content_formats_get_mime_types (formats, NULL);
  gboolean has_portal = FALSE;

  for (guint i = 0; mime_types != NULL && mime_types[i] != NULL; i++)
    has_portal = has_portal || g_str_has_prefix (mime_types[i], PORTAL);
  gdk_content_formats_unref (formats);
  return has_portal;
}

gboolean
coffer_bundle_content_is_busy (void)
{
  return n_busy > 0;
}

void
coffer_bundle_content_set_local (GdkDrag  *drag,
                                 gboolean  local)
{
  g_object_set_data (G_OBJECT (drag), "local", GINT_TO_POINTER (local));
}

static void
coffer_bundle_content_finalize (GObject *object)
{
  CofferBundleContent *self = COFFER_BUNDLE_CONTENT (object);

  g_object_unref (self->bundle);
  g_object_unref (self->files);

  G_OBJECT_CLASS (coffer_bundle_content_parent_class)->finalize (object);
}

static void
coffer_bundle_content_class_init (CofferBundleContentClass *klass)
{
  GdkContentProviderClass *provider_class = GDK_CONTENT_PROVIDER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = coffer_bundle_content_finalize;
  provider_class->ref_formats = coffer_bundle_content_ref_formats;
  provider_class->get_value = coffer_bundle_content_get_value;
  provider_class->write_mime_type_async = coffer_bundle_content_write_mime_type_async;
  provider_class->write_mime_type_finish = coffer_bundle_content_write_mime_type_finish;

  left_out_signal = g_signal_new ("left-out", COFFER_TYPE_BUNDLE_CONTENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                  COFFER_TYPE_EXPORT);
  failed_signal = g_signal_new ("failed", COFFER_TYPE_BUNDLE_CONTENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                G_TYPE_ERROR);
  kept_out_signal = g_signal_new ("kept-out", COFFER_TYPE_BUNDLE_CONTENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
coffer_bundle_content_init (CofferBundleContent *self)
{
  self->portable = TRUE;
}

static void
left_out_cb (CofferBundleContent *self,
             CofferExport        *export)
{
  g_signal_emit (self, left_out_signal, 0, export);
}

CofferBundleContent *
coffer_bundle_content_new (CofferBundle    *bundle,
                           CofferTransfers *transfers)
{
  CofferBundleContent *self = g_object_new (COFFER_TYPE_BUNDLE_CONTENT, NULL);

  self->bundle = g_object_ref (bundle);
  self->files = coffer_bundle_files_new (bundle, transfers);
  g_signal_connect_object (self->files, "left-out", G_CALLBACK (left_out_cb), self, G_CONNECT_SWAPPED);
  return self;
}
