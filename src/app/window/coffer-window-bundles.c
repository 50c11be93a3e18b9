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

/* What is offered to other programs is settled as a drag begins, and whether the portal for those in a sandbox can take it depends on the
 * keys. So where there is a portal they are read soon after they were selected.
 */

void
coffer_window_drop_ahead (CofferWindow *self)
{
  g_clear_handle_id (&self->ahead_id, g_source_remove);
  g_clear_object (&self->ahead);
  g_clear_pointer (&self->ahead_rows, coffer_ranges_free);
}

static gboolean
ahead_cb (gpointer data)
{
  CofferWindow *self = data;
  CofferKeySelection *selection = coffer_vault_view_get_selection (self->view);

  self->ahead_id = 0;
  if (coffer_ranges_equal (self->ahead_rows, coffer_key_selection_peek_rows (selection)))
    self->ahead = coffer_bundle_new_rows (self->vault, coffer_key_selection_get_list (selection), self->ahead_rows);
  return G_SOURCE_REMOVE;
}

static void
look_ahead (CofferWindow       *self,
            CofferKeySelection *selection)
{
  const CofferRanges *rows = selection != NULL ? coffer_key_selection_peek_rows (selection) : NULL;
  guint n = rows != NULL ? coffer_ranges_count (rows) : 0;

  if (self->ahead_rows != NULL && rows != NULL && coffer_ranges_equal (self->ahead_rows, rows))
    return;
  coffer_window_drop_ahead (self);
  if (n < 2 || n > COFFER_BUNDLE_MOST_FLAT || !coffer_bundle_content_has_portal ())
    return;
  self->ahead_rows = coffer_ranges_copy (rows);
  self->ahead_id = g_idle_add_full (G_PRIORITY_LOW, ahead_cb, self, NULL);
}

/* (transfer none) (nullable): they are not known */
static GPtrArray *
peek_ahead (CofferWindow       *self,
            CofferKeySelection *selection)
{
  GPtrArray *keys = self->ahead != NULL ? coffer_bundle_peek_keys (self->ahead) : NULL;

  if (keys == NULL || !coffer_ranges_equal (self->ahead_rows, coffer_key_selection_peek_rows (selection)) ||
      keys->len != coffer_ranges_count (self->ahead_rows) ||
      g_strcmp0 (coffer_bundle_get_table (self->ahead), coffer_vault_get_table (self->vault)) != 0)
    return NULL;
  return keys;
}

/* (transfer full) */
static CofferBundle *
take_selection (CofferWindow *self)
{
  CofferKeySelection *selection = coffer_vault_view_get_selection (self->view);
  CofferEntry *entry = coffer_window_get_single_entry (self);
  CofferBundle *bundle;
  GPtrArray *known;

  if (entry == NULL)
    {
      known = peek_ahead (self, selection);
      bundle = known != NULL ? coffer_bundle_new_keys (self->vault, known)
                             : coffer_bundle_new_rows (self->vault, coffer_key_selection_get_list (selection),
                                                       coffer_key_selection_peek_rows (selection));
      coffer_bundle_set_size (bundle, coffer_key_tally_get_bytes (coffer_vault_view_get_tally (self->view)));
      return bundle;
    }
  return coffer_bundle_new_key (self->vault, coffer_entry_get_key (entry), coffer_entry_get_content_type (entry), coffer_entry_get_size (entry));
}

static char *
count_keys (const char *one,
            const char *many,
            guint       n)
{
  g_autofree char *number = g_strdup_printf ("%'u", n);
  g_auto(GStrv) parts = g_strsplit (g_dngettext (GETTEXT_PACKAGE, one, many, n), "%s", 2);

  return g_strjoinv (number, parts);
}

/* Handing over */

static void
failed_cb (CofferWindow *self,
           const GError *error)
{
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_FAILED_HANDLED))
    coffer_window_report (self, error, _("Files"));
}

static void
show_left_out_cb (AdwToast     *toast,
                  CofferExport *export)
{
  GPtrArray *skips = coffer_transfer_get_skips (COFFER_TRANSFER (export));
  g_autofree char *heading = count_keys ("%s File Was Left Out", "%s Files Were Left Out", skips->len);

  coffer_window_show_problems (g_object_get_data (G_OBJECT (toast), "window"), heading, NULL, skips);
}

/* "3 files handed over, 2 left out" (transfer full) */
static char *
describe_left_out (CofferExport *export)
{
  guint n_files = (guint) coffer_export_get_n_files (export);
  g_autofree char *left_out = count_keys ("%s left out", "%s left out", coffer_transfer_get_skips (COFFER_TRANSFER (export))->len);
  /* Translators: to another program */
  g_autofree char *files = count_keys ("%s file handed over", "%s files handed over", n_files);

  if (n_files == 0)
    return g_strdup_printf (_("%s: %s"), _("Nothing was handed over"), left_out);
  return g_strjoin (_(", "), files, left_out, NULL);
}

/* Told until somebody dismisses it: whoever took them looks at the other program. That may ask several times for what it takes once. */
static void
left_out_cb (CofferWindow *self,
             CofferExport *export)
{
  g_autofree char *text = NULL;

  if (self->vault == NULL || (self->toast != NULL && g_object_get_data (G_OBJECT (self->toast), "left-out") == export))
    return;
  text = describe_left_out (export);
  coffer_window_toast_for (self, text, 0);
  adw_toast_set_button_label (self->toast, _("_Show"));
  g_object_set_data (G_OBJECT (self->toast), "window", self);
  g_object_set_data_full (G_OBJECT (self->toast), "left-out", g_object_ref (export), g_object_unref);
  g_signal_connect_object (self->toast, "button-clicked", G_CALLBACK (show_left_out_cb), export, 0);
  coffer_window_tell_desktop (self, COFFER_TRANSFER (export), text);
}

/* They may have arrived: a file manager is in no sandbox. */
static void
kept_out_cb (CofferWindow *self)
{
  if (self->vault == NULL || self->told_kept_out)
    return;
  self->told_kept_out = TRUE;
  coffer_window_toast (self, _("Programs in a sandbox get none of these: they take no folders, nor more than 20,000 files"));
}

/* (transfer full) */
static GdkContentProvider *
make_content (CofferWindow *self,
              CofferBundle *bundle)
{
  CofferBundleContent *content = coffer_bundle_content_new (bundle, get_transfers (self));

  g_signal_connect_object (content, "kept-out", G_CALLBACK (kept_out_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (content, "failed", G_CALLBACK (failed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (content, "left-out", G_CALLBACK (left_out_cb), self, G_CONNECT_SWAPPED);
  return GDK_CONTENT_PROVIDER (content);
}

/* Dragging */

static GdkContentProvider *
prepare_cb (gpointer data)
{
  CofferWindow *self = data;
  g_autoptr(CofferBundle) bundle = NULL;

  if (self->vault == NULL || coffer_bundle_content_is_busy ())
    return NULL;
  bundle = take_selection (self);
  return make_content (self, bundle);
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

/* Now that they are known it turns out that the portal can take them: offer it, too, unless something else is there by now. */
static void
known_cb (CofferWindow *self,
          CofferBundle *bundle)
{
  GdkClipboard *clipboard = gtk_widget_get_clipboard (GTK_WIDGET (self));
  GdkContentProvider *content = gdk_clipboard_get_content (clipboard);
  g_autoptr(GdkContentProvider) renewed = NULL;

  if (!coffer_bundle_is_flat (bundle) || !COFFER_IS_BUNDLE_CONTENT (content) ||
      coffer_bundle_content_get_bundle (COFFER_BUNDLE_CONTENT (content)) != bundle ||
      coffer_bundle_content_is_portable (COFFER_BUNDLE_CONTENT (content)))
    return;
  renewed = make_content (self, bundle);
  gdk_clipboard_set_content (clipboard, renewed);
}

static void
put_on_clipboard (CofferWindow *self,
                  gboolean      moves)
{
  guint n = coffer_key_selection_get_n_selected (coffer_vault_view_get_selection (self->view));
  g_autoptr(CofferBundle) bundle = take_selection (self);
  g_autoptr(GdkContentProvider) content = make_content (self, bundle);
  g_autofree char *text = moves ? count_keys ("%s key is moved when it is pasted", "%s keys are moved when they are pasted", n)
                                : count_keys ("%s key copied", "%s keys copied", n);

  coffer_bundle_set_moves (bundle, moves);
  g_signal_connect_object (bundle, "known", G_CALLBACK (known_cb), self, G_CONNECT_SWAPPED);
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
  return self->vault != NULL && coffer_vault_is_same_file (self->vault, coffer_bundle_get_vault (bundle));
}

/* Moving */

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

/* Both windows hear of it, whichever of them closes. */
static void
moving_state_cb (CofferWindow   *self,
                 GParamSpec     *pspec,
                 CofferTakeBack *moving)
{
  CofferImport *import = g_object_get_data (G_OBJECT (moving), "import");
  CofferMove *move = coffer_take_back_get_move (moving);

  if (coffer_transfer_is_active (COFFER_TRANSFER (moving)))
    return;
  if (coffer_move_get_n_gone (move) > 0)
    tell_source (coffer_move_get_vault (move), move);
  if (self->closes || self->vault != coffer_import_get_vault (import))
    return;
  if (coffer_move_get_n_gone (move) > 0 || coffer_additions_count_undoable (coffer_import_get_additions (import)) > 0)
    coffer_undo_push_moved_in (self->undo, coffer_import_get_additions (import), move);
  coffer_window_tell_moved (self, import, moving);
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
  g_autoptr(CofferMove) move = coffer_move_new (coffer_bundle_get_vault (bundle), there);
  g_autoptr(CofferTakeBack) moving = coffer_take_back_new_move (move, self->vault);

  coffer_bundle_set_moves (bundle, FALSE);   /* pasted again it is a copy */
  g_object_set_data_full (G_OBJECT (moving), "import", g_object_ref (import), g_object_unref);
  g_signal_connect_object (moving, "notify::state", G_CALLBACK (moving_state_cb), self, G_CONNECT_SWAPPED);
  coffer_transfers_add (get_transfers (self), COFFER_TRANSFER (moving));
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

  look_ahead (self, selection);
  coffer_window_enable (self, "copy", some);
  coffer_window_enable (self, "cut", some && coffer_vault_get_editable (self->vault));
}
