/* SPDX-License-Identifier: MIT */
/* Keys that go from one window to another, or leave the program, by a drag or the clipboard. Main thread. */
#define G_LOG_DOMAIN "coffer-window-bundles"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-application.h"
#include "coffer-bundle-content.h"

static CofferTransfers *
get_transfers (CofferWindow *self)
{
  return coffer_application_get_transfers (COFFER_APPLICATION (gtk_window_get_application (GTK_WINDOW (self))));
}

/* (transfer full) */
static CofferBundle *
take_selection (CofferWindow *self)
{
  CofferKeySelection *selection = coffer_vault_view_get_selection (self->view);
  CofferEntry *entry = coffer_window_get_single_entry (self);
  CofferBundle *bundle;

  if (entry == NULL)
    {
      bundle = coffer_bundle_new_rows (self->vault, coffer_key_selection_get_list (selection), coffer_key_selection_peek_rows (selection));
      coffer_bundle_set_size (bundle, coffer_key_tally_get_bytes (coffer_vault_view_get_tally (self->view)));
      return bundle;
    }
  return coffer_bundle_new_key (self->vault, coffer_entry_get_key (entry), coffer_entry_get_content_type (entry), coffer_entry_get_size (entry));
}

static void
failed_cb (CofferWindow *self,
           const GError *error)
{
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    coffer_window_report (self, error, _("Files"));
}

/* (transfer full) */
static GdkContentProvider *
make_content (CofferWindow *self,
              gboolean      moves)
{
  g_autoptr(CofferBundle) bundle = take_selection (self);
  CofferBundleContent *content = coffer_bundle_content_new (bundle, get_transfers (self));

  coffer_bundle_set_moves (bundle, moves);
  g_signal_connect_object (content, "failed", G_CALLBACK (failed_cb), self, G_CONNECT_SWAPPED);
  return GDK_CONTENT_PROVIDER (content);
}

/* Dragging */

static GdkContentProvider *
prepare_cb (gpointer data)
{
  CofferWindow *self = data;

  return self->vault != NULL && !coffer_bundle_content_is_busy () ? make_content (self, FALSE) : NULL;
}

static void
begin_cb (gpointer  data,
          GdkDrag  *drag)
{
  coffer_bundle_content_follow (COFFER_BUNDLE_CONTENT (gdk_drag_get_content (drag)), drag);
}

void
coffer_window_add_drag (CofferWindow *self)
{
  static const CofferKeyDrag drag = { prepare_cb, begin_cb };

  coffer_key_views_set_drag (coffer_vault_view_get_views (self->view), &drag, self);
}

/* The clipboard */

static char *
count_keys (const char *one,
            const char *many,
            guint       n)
{
  g_autofree char *number = g_strdup_printf ("%'u", n);
  g_auto(GStrv) parts = g_strsplit (g_dngettext (GETTEXT_PACKAGE, one, many, n), "%s", 2);

  return g_strjoinv (number, parts);
}

static void
put_on_clipboard (CofferWindow *self,
                  gboolean      moves)
{
  guint n = coffer_key_selection_get_n_selected (coffer_vault_view_get_selection (self->view));
  g_autoptr(GdkContentProvider) content = make_content (self, moves);
  g_autofree char *text = moves ? count_keys ("%s key is moved when it is pasted", "%s keys are moved when they are pasted", n)
                                : count_keys ("%s key copied", "%s keys copied", n);

  g_cancellable_cancel (self->copying);   /* what is copied last counts */
  gdk_clipboard_set_content (gtk_widget_get_clipboard (GTK_WIDGET (self)), content);
  coffer_window_toast (self, text);
}

static void
copy_action (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       user_data)
{
  put_on_clipboard (user_data, FALSE);
}

static void
cut_action (GSimpleAction *action,
            GVariant      *parameter,
            gpointer       user_data)
{
  put_on_clipboard (user_data, TRUE);
}

static void
pasted_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr(CofferWindow) self = user_data;
  const GValue *value = gdk_clipboard_read_value_finish (GDK_CLIPBOARD (source), result, NULL);

  if (value != NULL)
    coffer_window_add_bundle (self, g_value_get_object (value));
}

void
coffer_window_paste_bundle (CofferWindow *self)
{
  gdk_clipboard_read_value_async (gtk_widget_get_clipboard (GTK_WIDGET (self)), COFFER_TYPE_BUNDLE, G_PRIORITY_DEFAULT, NULL, pasted_cb,
                                  g_object_ref (self));
}

gboolean
coffer_window_is_source (CofferWindow *self,
                         CofferBundle *bundle)
{
  return self->vault != NULL && g_file_equal (coffer_vault_get_file (self->vault), coffer_vault_get_file (coffer_bundle_get_vault (bundle)));
}

/* Moving */

typedef struct {
  CofferWindow *window;
  CofferImport *import;
  CofferMove *move;
} Moving;

/* The window that lost them, if it is still there, may have them back. */
static void
tell_source (CofferVault *vault,
             CofferMove  *move)
{
  GApplication *application = g_application_get_default ();
  GList *windows = application != NULL ? gtk_application_get_windows (GTK_APPLICATION (application)) : NULL;

  for (GList *l = windows; l != NULL; l = l->next)
    if (COFFER_IS_WINDOW (l->data) && COFFER_WINDOW (l->data)->vault == vault && COFFER_WINDOW (l->data)->undo != NULL)
      coffer_undo_push_moved_out (COFFER_WINDOW (l->data)->undo, move);
}

static void
moved_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autofree Moving *moving = user_data;
  g_autoptr(CofferWindow) self = moving->window;
  g_autoptr(CofferImport) import = moving->import;
  g_autoptr(CofferMove) move = moving->move;
  g_autoptr(GError) error = NULL;
  gssize n = coffer_move_go_finish (move, result, &error);
  g_autofree char *text = NULL;

  if (coffer_move_get_n_gone (move) > 0)
    tell_source (COFFER_VAULT (source), move);
  if (self->vault != coffer_import_get_vault (import))
    return;
  coffer_undo_push_moved_in (self->undo, coffer_import_get_additions (import), move);
  if (n < 0)
    {
      coffer_window_report (self, error, coffer_vault_get_display_name (COFFER_VAULT (source)));
      return;
    }
  text = count_keys ("%s key moved", "%s keys moved", (guint) n);
  coffer_window_toast_undo (self, text);
}

/* What was copied, seen from the vault it came from: a key that is there, and a value here that it is compared with. */
static CofferAdditions *
turn_around (CofferWindow *self,
             CofferImport *import,
             CofferBundle *bundle)
{
  CofferAdditions *there = coffer_additions_new (coffer_bundle_get_table (bundle));
  CofferAdditions *here = coffer_import_get_additions (import);

  coffer_additions_set_source (there, g_file_peek_path (coffer_vault_get_file (self->vault)), coffer_additions_get_table (here));
  for (guint i = 0; i < coffer_additions_get_n (here); i++)
    {
      const CofferAddition *addition = coffer_additions_get (here, i);

      if (addition->state != COFFER_ADDITION_ADDED && addition->state != COFFER_ADDITION_REPLACED && addition->state != COFFER_ADDITION_IDENTICAL)
        continue;
      coffer_additions_append_value (there, addition->key, addition->value, addition->size);
      coffer_additions_get (there, coffer_additions_get_n (there) - 1)->state = COFFER_ADDITION_ADDED;
    }
  return there;
}

void
coffer_window_finish_move (CofferWindow *self,
                           CofferImport *import,
                           CofferBundle *bundle)
{
  g_autoptr(CofferAdditions) there = turn_around (self, import, bundle);
  CofferMove *move = coffer_move_new (coffer_bundle_get_vault (bundle), there);
  Moving *moving = g_new (Moving, 1);

  coffer_bundle_set_moves (bundle, FALSE);   /* pasted again it is a copy */
  *moving = (Moving) { g_object_ref (self), g_object_ref (import), move };
  coffer_move_go_async (move, NULL, moved_cb, moving);
}

static const GActionEntry entries[] = {
  { "copy", copy_action },
  { "cut", cut_action },
};

void
coffer_window_add_bundle_actions (CofferWindow *self)
{
  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
}

void
coffer_window_update_bundle_actions (CofferWindow *self)
{
  CofferKeySelection *selection = self->vault != NULL ? coffer_vault_view_get_selection (self->view) : NULL;
  gboolean some = selection != NULL && coffer_key_selection_get_n_selected (selection) > 0;

  coffer_window_enable (self, "copy", some);
  coffer_window_enable (self, "cut", some && coffer_vault_get_editable (self->vault));
}
