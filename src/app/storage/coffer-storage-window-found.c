/* SPDX-License-Identifier: MIT */
/*
 * What a check found, in the window "Storage": a row for each, with what can be done about it. They come a few with each frame, and go so.
 * Of a damaged file nothing is deleted: SQLite would take pages for free that others need. Main thread.
 */
#define G_LOG_DOMAIN "coffer-storage"

#include "coffer-storage-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-row.h"
#include "coffer-storage-words.h"

#define MAX_ROWS 50
#define ROWS_A_FRAME 4      /* at most: each takes about a millisecond, and what is around it is measured anew */
#define POSITION "coffer-position"   /* of a row: what it tells of, and one; 0: not one of them */

static void start_filling (CofferStorageWindow *self);
static void forget_rows   (CofferStorageWindow *self,
                           gboolean             all);

static const CofferFound *
get_found (CofferStorageWindow *self,
           guint                position)
{
  GDateTime *when;
  const CofferInspection *check = coffer_storage_get_check (self->storage, &when);

  return check != NULL && position < check->found->len ? g_ptr_array_index (check->found, position) : NULL;
}

/* ---- what to do about one ---- */

static gboolean
close_cb (gpointer user_data)
{
  gtk_window_close (user_data);
  return G_SOURCE_REMOVE;
}

/* Out of the way of the key, once the menu is gone. What was found is there when it is opened again. */
static void
show_action (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       user_data)
{
  CofferStorageWindow *self = user_data;
  const CofferFound *found = get_found (self, g_variant_get_uint32 (parameter));

  if (found == NULL || found->key == NULL)
    return;
  g_signal_emit_by_name (self, "show-key", found->table, found->key);
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, close_cb, g_object_ref (self), g_object_unref);
}

static void
ignore (CofferStorageWindow *self,
        guint                position)
{
  const CofferFound *found = get_found (self, position);

  if (found == NULL)
    return;
  g_hash_table_add (self->ignored, g_strdup (found->message));
  forget_rows (self, FALSE);
  start_filling (self);
}

static void
ignore_action (GSimpleAction *action,
               GVariant      *parameter,
               gpointer       user_data)
{
  ignore (user_data, g_variant_get_uint32 (parameter));
}

static void
do_delete (CofferStorageWindow *self)
{
  const CofferFound *found = get_found (self, self->found_wanted);

  if (found == NULL || found->key == NULL || found->is_damage)
    return;
  g_signal_emit_by_name (self, "delete-key", found->table, found->key);
  ignore (self, self->found_wanted);
}

static void
delete_response_cb (CofferStorageWindow *self,
                    const char          *response)
{
  if (g_str_equal (response, "delete"))
    coffer_storage_window_edit (self, do_delete);
}

static void
delete_action (GSimpleAction *action,
               GVariant      *parameter,
               gpointer       user_data)
{
  CofferStorageWindow *self = user_data;
  const CofferFound *found = get_found (self, g_variant_get_uint32 (parameter));
  GtkWidget *dialog;

  if (found == NULL)
    return;
  self->found_wanted = g_variant_get_uint32 (parameter);
  dialog = adw_message_dialog_new (GTK_WINDOW (self), _("Delete This Key?"),
                                   _("The key and its value can be brought back until the window is closed. Then they are deleted from the file."));
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "delete", _("_Delete"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "delete", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (delete_response_cb), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

static const GActionEntry entries[] = {
  { "show", show_action, "u" },
  { "delete", delete_action, "u" },
  { "ignore", ignore_action, "u" },
};

/* ---- the rows ---- */

static void
add_item (GMenu      *menu,
          const char *label,
          const char *action,
          guint       position)
{
  g_autoptr(GMenuItem) item = g_menu_item_new (label, NULL);

  g_menu_item_set_action_and_target (item, action, "u", position);
  g_menu_append_item (menu, item);
}

/* Most are never opened: a menu takes as long as the row that it is for. */
static void
fill_menu_cb (GtkMenuButton *button,
              gpointer       user_data)
{
  CofferStorageWindow *self = user_data;
  GtkWidget *row = gtk_widget_get_ancestor (GTK_WIDGET (button), COFFER_TYPE_ROW);
  guint position = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (row), POSITION)) - 1;
  const CofferFound *found = get_found (self, position);
  g_autoptr(GMenu) menu = g_menu_new ();

  if (found == NULL || gtk_menu_button_get_menu_model (button) != NULL)
    return;
  if (found->key != NULL)
    add_item (menu, _("_Show"), "found.show", position);
  if (found->key != NULL && !found->is_damage)
    add_item (menu, _("_Delete…"), "found.delete", position);
  add_item (menu, _("_Ignore"), "found.ignore", position);
  gtk_menu_button_set_menu_model (button, G_MENU_MODEL (menu));
}

static GtkWidget *
make_menu_button (CofferStorageWindow *self)
{
  GtkWidget *button = gtk_menu_button_new ();

  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (button), "view-more-symbolic");
  gtk_menu_button_set_create_popup_func (GTK_MENU_BUTTON (button), fill_menu_cb, self, NULL);
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_set_tooltip_text (button, _("What to Do"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, _("What to Do"), -1);
  return button;
}

static GtkWidget *
add_row (CofferStorageWindow *self,
         const char          *title,
         const char          *subtitle)
{
  GtkWidget *row = coffer_row_new ();

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  adw_preferences_group_add (self->found_group, row);
  g_ptr_array_add (self->found_rows, row);
  return row;
}

static void
add_found (CofferStorageWindow *self,
           const CofferFound   *found,
           guint                position)
{
  GtkWidget *row = add_row (self, found->message, found->is_damage ? "" : _("Odd, but nothing is lost"));

  g_object_set_data (G_OBJECT (row), POSITION, GUINT_TO_POINTER (position + 1));
  gtk_bitset_add (self->found_told, position);
  adw_action_row_set_icon_name (ADW_ACTION_ROW (row), found->is_damage ? "dialog-warning-symbolic" : "dialog-information-symbolic");
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), make_menu_button (self));
}

/* In their places, which may be above what is there. */
static void
show_again_cb (CofferStorageWindow *self)
{
  g_hash_table_remove_all (self->ignored);
  forget_rows (self, TRUE);
  start_filling (self);
}

static void
add_ignored (CofferStorageWindow *self,
             guint                n)
{
  g_autofree char *number = coffer_storage_window_dup_number (n);
  g_autofree char *text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s ignored", "%s ignored", n), number);
  GtkWidget *row = add_row (self, text, "");
  GtkWidget *button = gtk_button_new_with_label (_("Show Again"));

  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  g_signal_connect_object (button, "clicked", G_CALLBACK (show_again_cb), self, G_CONNECT_SWAPPED);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), button);
}

/* What there is no row for, below the rows. */
static void
add_rest (CofferStorageWindow    *self,
          const CofferInspection *check)
{
  guint n_ignored = 0;
  guint64 n_more;

  for (guint i = 0; i < check->found->len; i++)
    n_ignored += g_hash_table_contains (self->ignored, ((const CofferFound *) g_ptr_array_index (check->found, i))->message);
  n_more = check->n_found - n_ignored - gtk_bitset_get_size (self->found_told);
  if (n_more > 0)
    {
      g_autofree char *number = coffer_storage_window_dup_number (n_more);
      g_autofree char *text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s more", "%s more", n_more), number);

      add_row (self, text, "");
    }
  if (n_ignored > 0)
    add_ignored (self, n_ignored);
}

/* ---- a few rows a frame ---- */

/* @all: what they say is not so any more. Such rows are hidden at once, and removed a few with each frame. Otherwise those go that a person
 * does not want to see, and what stands below the rows, which comes anew.
 */
static void
forget_rows (CofferStorageWindow *self,
             gboolean             all)
{
  for (guint i = self->found_rows->len; i-- > 0;)
    {
      GtkWidget *row = g_ptr_array_index (self->found_rows, i);
      guint position = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (row), POSITION));
      const CofferFound *found = !all && position > 0 ? get_found (self, position - 1) : NULL;

      if (found != NULL && !g_hash_table_contains (self->ignored, found->message))
        continue;
      g_ptr_array_remove_index (self->found_rows, i);
      if (all && position > 0)
        {
          gtk_widget_set_visible (row, FALSE);
          g_ptr_array_add (self->found_old, row);
          continue;
        }
      if (position > 0)
        gtk_bitset_remove (self->found_told, position - 1);
      adw_preferences_group_remove (self->found_group, row);
    }
  if (all)
    gtk_bitset_remove_all (self->found_told);
}

static gboolean
remove_some (CofferStorageWindow *self)
{
  guint n = MIN (self->found_old->len, 2 * ROWS_A_FRAME);

  for (guint i = 0; i < n; i++)
    adw_preferences_group_remove (self->found_group, g_ptr_array_steal_index_fast (self->found_old, self->found_old->len - 1));
  return n > 0;
}

static gboolean
add_some (CofferStorageWindow    *self,
          const CofferInspection *check)
{
  guint n_added = 0;

  for (guint i = 0; i < check->found->len && n_added < ROWS_A_FRAME && gtk_bitset_get_size (self->found_told) < MAX_ROWS; i++)
    {
      const CofferFound *found = g_ptr_array_index (check->found, i);

      if (gtk_bitset_contains (self->found_told, i) || g_hash_table_contains (self->ignored, found->message))
        continue;
      add_found (self, found, i);
      n_added++;
    }
  return n_added > 0;
}

static gboolean
fill_cb (GtkWidget     *widget,
         GdkFrameClock *clock,
         gpointer       data)
{
  CofferStorageWindow *self = COFFER_STORAGE_WINDOW (widget);
  GDateTime *when;
  const CofferInspection *check = self->storage != NULL ? coffer_storage_get_check (self->storage, &when) : NULL;

  if (remove_some (self) || (check != NULL && add_some (self, check)))
    return G_SOURCE_CONTINUE;
  if (check != NULL)
    add_rest (self, check);
  self->found_tick = 0;
  return G_SOURCE_REMOVE;
}

static void
start_filling (CofferStorageWindow *self)
{
  if (self->found_tick == 0)
    self->found_tick = gtk_widget_add_tick_callback (GTK_WIDGET (self), fill_cb, NULL, NULL);
}

/* ---- all of them ---- */

static void
update_salvage (CofferStorageWindow    *self,
                const CofferInspection *check)
{
  g_autofree char *text = coffer_storage_dup_salvaged (self->storage);
  g_autofree char *escaped = text != NULL ? g_markup_escape_text (text, -1) : NULL;

  gtk_widget_set_visible (GTK_WIDGET (self->salvage_row), check->n_damages > 0);
  gtk_widget_set_sensitive (GTK_WIDGET (self->salvage_button), coffer_storage_get_job (self->storage) == COFFER_STORAGE_IDLE);
  adw_action_row_set_subtitle (self->salvage_row, escaped != NULL ? escaped
                                                  : _("Every key and value of it goes into a new vault; this one stays as it is"));
}

void
coffer_storage_window_update_found (CofferStorageWindow *self)
{
  GDateTime *when;
  const CofferInspection *check = coffer_storage_get_check (self->storage, &when);

  if (!self->opened)   /* it comes last */
    return;
  if (self->found_group == NULL && check != NULL && check->n_found > 0)
    coffer_storage_window_build_found (self);
  if (self->found_group == NULL)
    return;
  gtk_widget_set_visible (GTK_WIDGET (self->found_group), check != NULL && check->n_found > 0);
  if (check != NULL)
    update_salvage (self, check);
  if (check == self->found_shown && check != NULL)
    return;
  self->found_shown = check;
  forget_rows (self, TRUE);
  if (check != NULL)   /* what is to be done about damage is said once, above all of it */
    adw_preferences_group_set_description (self->found_group,
                                           check->n_damages == 0 ? NULL
                                           : _("Damage: export what can be read, and keep a copy of the file. Nothing is deleted from a damaged file"));
  if (check != NULL || self->found_old->len > 0)
    start_filling (self);
}

static void
copy_found_cb (CofferStorageWindow *self)
{
  GDateTime *when;
  const CofferInspection *check = coffer_storage_get_check (self->storage, &when);
  g_autoptr(GString) text = g_string_new (NULL);

  for (guint i = 0; check != NULL && i < check->found->len; i++)
    {
      const CofferFound *found = g_ptr_array_index (check->found, i);

      g_string_append_printf (text, "%s\n", found->message);
    }
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), text->str);
  adw_toast_overlay_add_toast (self->toasts, adw_toast_new (_("List copied")));
}

static void
salvage_cb (CofferStorageWindow *self)
{
  g_signal_emit_by_name (self, "save-salvage");
}

void
coffer_storage_window_start_found (CofferStorageWindow *self)
{
  g_autoptr(GSimpleActionGroup) group = g_simple_action_group_new ();

  g_action_map_add_action_entries (G_ACTION_MAP (group), entries, G_N_ELEMENTS (entries), self);
  gtk_widget_insert_action_group (GTK_WIDGET (self), "found", G_ACTION_GROUP (group));
}

const CofferStoragePart coffer_storage_window_found_parts[] = {
  COFFER_STORAGE_CHILD (found_group),
  COFFER_STORAGE_CHILD (salvage_row),
  COFFER_STORAGE_CHILD (salvage_button),
  COFFER_STORAGE_CALLBACK (copy_found_cb),
  COFFER_STORAGE_CALLBACK (salvage_cb),
  { NULL }
};
