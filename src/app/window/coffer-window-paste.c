/* SPDX-License-Identifier: MIT */
/*
 * Pictures and texts of other programs, from the clipboard or dropped: a key is asked for, and they are added as a file is, out of the
 * cache folder, where they stay until the program ends, as undoing compares with them. Main thread.
 */
#define G_LOG_DOMAIN "coffer-window-paste"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "coffer-file-name.h"
#include "coffer-outside-folder.h"

/* What is taken as it is, the best first; of anything else GTK makes a PNG. */
static const char *const picture_types[] = {
  "image/png", "image/jpeg", "image/webp", "image/gif", "image/svg+xml", "image/avif", "image/tiff", "image/bmp", NULL
};

/* What is to become a value. */
typedef struct {
  CofferWindow *window;
  CofferVault *vault;
  char *table;
  GBytes *bytes;
  GBytes *key;         /* once it is known */
  char *path;          /* of the file, once there is one */
} Piece;

static void
piece_free (gpointer data)
{
  Piece *piece = data;

  g_object_unref (piece->window);
  g_object_unref (piece->vault);
  g_bytes_unref (piece->bytes);
  g_clear_pointer (&piece->key, g_bytes_unref);
  g_free (piece->table);
  g_free (piece->path);
  g_free (piece);
}

/* Into the vault */

static void
write_thread (GTask        *task,
              gpointer      source,
              gpointer      data,
              GCancellable *cancellable)
{
  Piece *piece = data;
  GError *error = NULL;
  g_autofree char *folder = coffer_outside_folder_make (&error);
  gsize size;
  const char *bytes = g_bytes_get_data (piece->bytes, &size);

  piece->path = folder != NULL ? g_build_filename (folder, "value", NULL) : NULL;
  if (folder != NULL && g_file_set_contents (piece->path, size > 0 ? bytes : "", (gssize) size, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
written_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  CofferWindow *self = COFFER_WINDOW (source);
  Piece *piece = g_task_get_task_data (G_TASK (result));
  g_autoptr(CofferAdditions) additions = NULL;
  g_autoptr(GError) error = NULL;

  if (self->vault != piece->vault)
    return;
  if (!g_task_propagate_boolean (G_TASK (result), &error))
    {
      coffer_window_report (self, error, coffer_vault_get_display_name (self->vault));
      return;
    }
  additions = coffer_additions_new (piece->table);
  coffer_additions_append (additions, piece->path, NULL, piece->key, g_bytes_get_size (piece->bytes));
  coffer_window_start_import (self, additions);
}

/* Takes @piece. */
static void
store (Piece *piece)
{
  g_autoptr(GTask) task = g_task_new (piece->window, NULL, written_cb, NULL);

  g_task_set_task_data (task, piece, piece_free);
  g_task_run_in_thread (task, write_thread);
}

/* Which key */

static void
response_cb (CofferWindow     *self,
             const char       *response,
             AdwMessageDialog *dialog)
{
  Piece *piece = g_object_steal_data (G_OBJECT (dialog), "piece");
  const char *text = gtk_editable_get_text (g_object_get_data (G_OBJECT (dialog), "entry"));

  piece->key = g_bytes_new (text, strlen (text));
  if (g_str_equal (response, "add") && self->vault == piece->vault)
    store (piece);
  else
    piece_free (piece);
}

static void
changed_cb (AdwMessageDialog *dialog,
            GtkEditable      *editable)
{
  adw_message_dialog_set_response_enabled (dialog, "add", *gtk_editable_get_text (editable) != '\0');
}

/* "img/Pasted 2026-11-28 22-41-05.png", where the prefix on show is text. */
static char *
suggest_key (CofferWindow *self,
             const char   *ending)
{
  GBytes *prefix = coffer_vault_view_get_prefix (self->view);
  gsize size = 0;
  const char *bytes = prefix != NULL ? g_bytes_get_data (prefix, &size) : NULL;
  gboolean is_text = size > 0 && memchr (bytes, '\0', size) == NULL && g_utf8_validate (bytes, (gssize) size, NULL);
  g_autofree char *under = is_text ? g_strndup (bytes, size) : g_strdup ("");
  g_autoptr(GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *time = g_date_time_format (now, "%Y-%m-%d %H-%M-%S");
  /* Translators: the name of something from the clipboard, and when that was: "Pasted 2026-11-28 22-41-05" */
  g_autofree char *name = g_strdup_printf (_("Pasted %s"), time);

  return g_strdup_printf ("%s%s.%s", under, name, ending);
}

/* What came from elsewhere, and its type. */
typedef struct {
  GBytes *bytes;
  char *content_type;
} Found;

static void
found_free (gpointer data)
{
  Found *found = data;

  g_bytes_unref (found->bytes);
  g_free (found->content_type);
  g_free (found);
}

static void
ask_for_key (CofferWindow *self,
             gpointer      data)
{
  GBytes *bytes = ((Found *) data)->bytes;
  const char *content_type = ((Found *) data)->content_type;
  const char *ending = coffer_file_name_ending (content_type);
  gboolean picture = g_str_has_prefix (content_type, "image/");
  g_autofree char *size = g_format_size (g_bytes_get_size (bytes));
  g_autofree char *key = NULL, *body = NULL;
  GtkWidget *entry = gtk_entry_new ();
  AdwMessageDialog *dialog;
  Piece *piece;

  key = suggest_key (self, ending != NULL ? ending : "bin");
  body = g_strdup_printf (picture ? _("The picture (%s) is added under this key.") : _("The text (%s) is added under this key."), size);
  dialog = coffer_window_ask (self, picture ? _("Add Picture?") : _("Add Text?"), body, "add", _("_Add"), ADW_RESPONSE_SUGGESTED, G_CALLBACK (response_cb));
  piece = g_new0 (Piece, 1);
  *piece = (Piece) { g_object_ref (self), g_object_ref (self->vault), g_strdup (coffer_vault_get_table (self->vault)), g_bytes_ref (bytes),
                     NULL, NULL };
  g_object_set_data_full (G_OBJECT (dialog), "piece", piece, piece_free);
  g_object_set_data (G_OBJECT (dialog), "entry", entry);
  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_LABEL, _("New key"), -1);
  gtk_entry_set_activates_default (GTK_ENTRY (entry), TRUE);
  gtk_editable_set_text (GTK_EDITABLE (entry), key);
  adw_message_dialog_set_extra_child (dialog, entry);
  g_signal_connect_object (entry, "changed", G_CALLBACK (changed_cb), dialog, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
  gtk_widget_grab_focus (entry);
}

void
coffer_window_add_bytes (CofferWindow *self,
                         GBytes       *bytes,
                         const char   *content_type)
{
  Found *found;

  if (self->vault == NULL)
    return;
  found = g_new (Found, 1);
  *found = (Found) { g_bytes_ref (bytes), g_strdup (content_type) };
  coffer_window_do_editable (self, coffer_window_why_edit_to_add (), ask_for_key, found, found_free);
}

/* Pictures that GTK has taken apart */

static void
png_thread (GTask        *task,
            gpointer      source,
            gpointer      texture,
            GCancellable *cancellable)
{
  g_task_return_pointer (task, gdk_texture_save_to_png_bytes (texture), (GDestroyNotify) g_bytes_unref);
}

static void
png_cb (GObject      *source,
        GAsyncResult *result,
        gpointer      user_data)
{
  g_autoptr(GBytes) bytes = g_task_propagate_pointer (G_TASK (result), NULL);

  if (bytes != NULL)
    coffer_window_add_bytes (COFFER_WINDOW (source), bytes, "image/png");
}

void
coffer_window_add_texture (CofferWindow *self,
                           GdkTexture   *texture)
{
  g_autoptr(GTask) task = g_task_new (self, NULL, png_cb, NULL);

  g_task_set_task_data (task, g_object_ref (texture), g_object_unref);
  g_task_run_in_thread (task, png_thread);
}

/* The clipboard */

typedef struct {
  CofferWindow *window;
  GOutputStream *memory;
  char *mime_type;
} Pasting;

static void
pasting_free (Pasting *pasting)
{
  g_object_unref (pasting->window);
  g_clear_object (&pasting->memory);
  g_free (pasting->mime_type);
  g_free (pasting);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pasting, pasting_free)

static void
spliced_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(Pasting) pasting = user_data;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;

  if (g_output_stream_splice_finish (G_OUTPUT_STREAM (source), result, &error) < 0)
    {
      coffer_window_toast (pasting->window, error->message);
      return;
    }
  bytes = g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (source));
  coffer_window_add_bytes (pasting->window, bytes, pasting->mime_type);
}

static void
stream_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Pasting *pasting = user_data;
  const char *mime_type;
  g_autoptr(GError) error = NULL;
  g_autoptr(GInputStream) stream = gdk_clipboard_read_finish (GDK_CLIPBOARD (source), result, &mime_type, &error);

  if (stream == NULL)
    {
      coffer_window_toast (pasting->window, error->message);
      pasting_free (pasting);
      return;
    }
  pasting->mime_type = g_strdup (mime_type);
  pasting->memory = g_memory_output_stream_new_resizable ();
  g_output_stream_splice_async (pasting->memory, stream, G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE | G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
                                G_PRIORITY_DEFAULT, NULL, spliced_cb, pasting);
}

static void
texture_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(CofferWindow) self = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GdkTexture) texture = gdk_clipboard_read_texture_finish (GDK_CLIPBOARD (source), result, &error);

  if (texture != NULL)
    coffer_window_add_texture (self, texture);
  else
    coffer_window_toast (self, error->message);
}

static void
text_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr(CofferWindow) self = user_data;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = gdk_clipboard_read_text_finish (GDK_CLIPBOARD (source), result, &error);
  g_autoptr(GBytes) bytes = text != NULL ? g_bytes_new (text, strlen (text)) : NULL;

  if (bytes != NULL)
    coffer_window_add_bytes (self, bytes, "text/plain");
  else
    coffer_window_toast (self, error->message);
}

static gboolean
has_picture_type (GdkContentFormats *formats)
{
  for (guint i = 0; picture_types[i] != NULL; i++)
    if (gdk_content_formats_contain_mime_type (formats, picture_types[i]))
      return TRUE;
  return FALSE;
}

void
coffer_window_paste_content (CofferWindow *self)
{
  GdkClipboard *clipboard = gtk_widget_get_clipboard (GTK_WIDGET (self));
  GdkContentFormats *formats = gdk_clipboard_get_formats (clipboard);
  Pasting *pasting;

  if (has_picture_type (formats))
    {
      pasting = g_new0 (Pasting, 1);
      pasting->window = g_object_ref (self);
      gdk_clipboard_read_async (clipboard, (const char **) picture_types, G_PRIORITY_DEFAULT, NULL, stream_cb, pasting);
    }
  else if (gdk_content_formats_contain_gtype (formats, GDK_TYPE_TEXTURE))
    gdk_clipboard_read_texture_async (clipboard, NULL, texture_cb, g_object_ref (self));
  else if (gdk_content_formats_contain_gtype (formats, G_TYPE_STRING))
    gdk_clipboard_read_text_async (clipboard, NULL, text_cb, g_object_ref (self));
  else
    coffer_window_toast (self, _("There is nothing on the clipboard that can be added"));
}
